/**
 * Compares what a snippet printed with what the page shows. In the shown text `…` stands for anything on its line, and a
 * line of only `…` for any lines.
 */
export function printedAsShown(printed: string, shown: string): boolean {
  const lines = shown.trimEnd().split("\n");
  const pattern = lines
    .map((line) =>
      line.trim() === "…"
        ? "(?:[^\\n]*\\n)*?"
        : `${line.trimEnd().split("…").map(literal).join("[^\\n]*")}[ \\t]*\\n`,
    )
    .join("");
  return new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`);
}

/** Compares JSON: `"…"` stands for any value, and as a key for any further ones. */
export function sameJson(printed: unknown, shown: unknown): boolean {
  if (shown === "…") return true;
  if (Array.isArray(shown)) {
    const open = shown.at(-1) === "…";
    const items = open ? shown.slice(0, -1) : shown;
    if (!Array.isArray(printed) || (open ? printed.length < items.length : printed.length !== items.length))
      return false;
    return items.every((item, index) => sameJson(printed[index], item));
  }
  if (typeof shown !== "object" || shown === null) return Object.is(printed, shown);
  if (typeof printed !== "object" || printed === null || Array.isArray(printed)) return false;
  const { "…": open, ...fields } = shown as Record<string, unknown>;
  const given = printed as Record<string, unknown>;
  const names = Object.keys(fields);
  if (open === undefined && Object.keys(given).length !== names.length) return false;
  return names.every((name) => name in given && sameJson(given[name], fields[name]));
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
