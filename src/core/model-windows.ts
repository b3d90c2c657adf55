/** Tokens a model can read at once, by name: appendix A of the wire contract. */
const WINDOWS: readonly (readonly [tokens: number, names: readonly string[]])[] = [
  [4096, ["gpt-3.5-turbo"]],
  [8191, ["text-embedding-ada-002", "text-embedding-3-small", "text-embedding-3-large"]],
  [8192, ["gpt-4"]],
  [16_384, ["gpt-3.5-turbo-16k"]],
  [32_768, ["gpt-4-32k"]],
  [128_000, ["gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "o1-mini", "gpt-5"]],
  [128_000, ["gpt-5.1-chat-latest", "gpt-5.2-chat-latest"]],
  [200_000, ["o1", "o3-mini"]],
  [400_000, ["gpt-5-mini", "gpt-5-nano"]],
];

/** Window assumed for a model nobody has told us about, and when no model is named. */
export const DEFAULT_WINDOW = 16_000;

/** Every Claude model since version 3 has this window. */
const CLAUDE_WINDOW = 200_000;

/** The window of a model in tokens; `DEFAULT_WINDOW` for an unknown name. */
export function modelWindow(name: string): number {
  const known = WINDOWS.find(([, names]) => names.includes(name));
  if (known) return known[0];
  return name.startsWith("claude-") ? CLAUDE_WINDOW : DEFAULT_WINDOW;
}
