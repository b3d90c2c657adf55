import { isMet, type Missing, type Results, type Row, ratioOf } from "./row.ts";

const HEAD = ["", "records", "median", "p95", "p99", "CPU", "against", "ratio", "target", ""];

/** The results as Markdown tables, one for each section. */
export function toMarkdown({ rows, missing }: Results): string {
  const sections = [...new Set([...rows, ...missing].map(({ section }) => section))];
  return sections
    .map((section) => {
      const of = <Item extends Row | Missing>(items: readonly Item[]) =>
        items.filter((item) => item.section === section);
      const lines = [toTable(of(rows)), toList(of(missing))].filter((text) => text !== "");
      return [`## ${section}`, ...lines].join("\n\n");
    })
    .join("\n\n");
}

function toCells(row: Row): string[] {
  const ratio = ratioOf(row);
  const met = isMet(row);
  const number = (value: number | undefined) => (value === undefined ? "" : format(value, row.unit));
  return [
    row.name,
    row.records.toLocaleString("en"),
    number(row.value),
    number(row.p95),
    number(row.p99),
    row.cpu === undefined ? "" : format(row.cpu, "ms"),
    row.reference ? `${row.reference.name}: ${format(row.reference.value, row.unit)}` : "",
    ratio === undefined ? "" : digits(ratio),
    toTarget(row),
    met === undefined ? "" : met ? "met" : "missed",
  ];
}

function toTarget({ target, unit }: Row): string {
  if (!target) return "";
  const number = (value: number) => (target.of === "ratio" ? `${digits(value)} x` : format(value, unit));
  const bounds = [
    target.atMost === undefined ? "" : `≤ ${number(target.atMost)}`,
    target.atLeast === undefined ? "" : `≥ ${number(target.atLeast)}`,
  ];
  return bounds.filter((bound) => bound !== "").join(", ");
}

function format(value: number, unit: Row["unit"]): string {
  switch (unit) {
    case "ms":
      return `${digits(value)} ms`;
    case "/s":
      return `${digits(value)} /s`;
    case "bytes":
      return `${Math.round(value).toLocaleString("en")} B`;
    case "share":
      return value.toFixed(3);
    case "count":
      return digits(value);
    case "factor":
      return `${digits(value)} x`;
  }
}

/** Three digits, or all in front of the point. */
function digits(value: number): string {
  if (value >= 100 || value === 0) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function toTable(rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const columns = [...new Set(rows.flatMap(({ column }) => column ?? []))];
  if (columns.length > 0) return lay([["", "records", ...columns], ...sideBySide(rows, columns)]);
  const cells = rows.map(toCells);
  const used = HEAD.map((_, column) => cells.some((row) => row[column] !== ""));
  return lay([HEAD, ...cells].map((row) => row.filter((_, column) => used[column])));
}

/** One line for each name: medians, 95 % quantiles, and how many times the reference that is. */
function sideBySide(rows: readonly Row[], columns: readonly string[]): string[][] {
  return [...new Set(rows.map(({ name }) => name))].map((name) => {
    const own = rows.filter((row) => row.name === name);
    const cells = columns.map((column) => {
      const row = own.find((some) => some.column === column);
      if (!row) return "";
      const ratio = ratioOf(row);
      const tail = row.p95 === undefined ? "" : ` / ${format(row.p95, row.unit)}`;
      return `${format(row.value, row.unit)}${tail}${ratio === undefined ? "" : ` (${digits(ratio)} x)`}`;
    });
    return [name, own[0]?.records.toLocaleString("en") ?? "", ...cells];
  });
}

function lay([head = [], ...body]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...body].map((row) => row[column]?.length ?? 0)),
  );
  const pad = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [pad(head), rule, ...body.map(pad)].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function toList(missing: readonly Missing[]): string {
  return missing.map(({ name, reason }) => `- ${name}: not measured, ${reason}`).join("\n");
}
