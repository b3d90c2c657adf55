import { styleText } from "node:util";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

/** Thrown into the running command when whoever reads its output has gone. */
export class OutputClosed extends Error {
  constructor() {
    super("The reader of the output closed it.");
  }
}

/** Where a command writes: results to stdout, everything else to stderr. */
export class Output {
  /** True: for programs, JSON or JSON Lines. */
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** True when a person is looking at stderr, so a progress bar makes sense. */
  get watched(): boolean {
    return !this.json && process.stderr.isTTY === true;
  }

  /** Writes a line of the result, as fast as the reader takes it. */
  async line(text: string): Promise<void> {
    if (process.stdout.write(`${text}\n`)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        process.stdout.off("drain", done).off("close", done).off("error", done);
        resolve();
      };
      process.stdout.once("drain", done).once("close", done).once("error", done);
    });
  }

  /** Writes a value as one line of JSON. */
  async value(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value));
  }

  /** Says something beside the result. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Colours text for a terminal that shows colours, as NO_COLOR and FORCE_COLOR wish. */
  styled(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }

  /** Writes rows in columns; on a terminal the last column is cut to what room there is. */
  async table(header: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
    const last = header.length - 1;
    const widths = header.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
    );
    const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
    const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    const layout = (row: readonly string[]) =>
      row
        .map((cell, column) =>
          column === last ? clip(cell, Math.max(LEAST, width - before)) : cell.padEnd(widths[column] ?? 0),
        )
        .join(GAP)
        .trimEnd();
    await this.line(this.styled("bold", layout(header)));
    for (const row of rows) await this.line(layout(row));
  }
}

const GAP = "  ";

/** So much of a last column is shown however narrow the terminal. */
const LEAST = 20;

/** Text on one line and without control characters: what is stored must not steer the terminal. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/\p{Cc}|\p{Bidi_Control}/gu, "")
    .trim();
}

/** The text cut to so many characters, with a sign that there is more. */
export function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  const cut = text.slice(0, Math.max(1, width - 1));
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
