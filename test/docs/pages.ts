import { globSync, readFileSync } from "node:fs";

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Line of the opening fence. */
  readonly line: number;
  readonly language: string;
  /** Words after the language, such as `output` or `file=app.ts`. */
  readonly marks: readonly string[];
  readonly text: string;
}

/** Every page of the project's documents. */
export const PAGES: readonly string[] = [
  ...globSync("*.md"),
  ...globSync("docs/*.md"),
  ...globSync("examples/*.md"),
]
  .filter((page) => page !== "CHANGELOG.md")
  .sort();

export function readPage(page: string): string {
  return readFileSync(page, "utf8");
}

const BLOCK = /^```(?<info>[^\n`]*)\n(?<text>.*?)^```$/gms;

export function readBlocks(page: string): Block[] {
  const source = readPage(page);
  return [...source.matchAll(BLOCK)].map((match) => {
    const [language = "", ...marks] = (match.groups?.["info"] ?? "").trim().split(/\s+/);
    const line = source.slice(0, match.index).split("\n").length;
    return { page, line, language, marks, text: match.groups?.["text"] ?? "" };
  });
}

/** The value of a mark such as `file=app.ts`. */
export function markValue(block: Block, name: string): string | undefined {
  return block.marks.find((mark) => mark.startsWith(`${name}=`))?.slice(name.length + 1);
}
