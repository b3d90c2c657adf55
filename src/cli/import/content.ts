/**
 * The text of a message's content: text as it is, the texts of a list of parts, and for every other part its kind in
 * brackets, such as `[image]`. Empty when nothing was said.
 */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content.trim() === "" ? "" : content;
  if (!Array.isArray(content)) return "";
  return content
    .map(partText)
    .filter((text) => text.trim() !== "")
    .join("\n");
}

function partText(part: unknown): string {
  if (typeof part === "string") return part;
  if (typeof part !== "object" || part === null) return "";
  const { text, type, content_type } = part as Record<string, unknown>;
  if (typeof text === "string") return text;
  const kind = type ?? content_type;
  return typeof kind === "string" ? named(kind) : "";
}

/** Kinds of parts whose own names say too much. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/image/, "image"],
  [/audio|speech/, "audio"],
  [/video/, "video"],
  [/file|document|attachment/, "file"],
];

/** Parts that are a model's or tool's own business, not something that was said. */
const SILENT = /^(tool_|thinking|redacted_thinking|thoughts|reasoning|function_call|token_budget|flag)/;

function named(kind: string): string {
  if (SILENT.test(kind)) return "";
  return `[${KINDS.find(([pattern]) => pattern.test(kind))?.[1] ?? kind}]`;
}

/** Names something that came with a message. */
export function attachment(kind: string, name: unknown): string {
  return typeof name === "string" && name !== "" ? `[${kind}: ${name}]` : `[${kind}]`;
}
