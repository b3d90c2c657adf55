import { modelWindow } from "../core/model-windows.ts";
import type { Message } from "../core/session/state.ts";
import { loadTokenCounter } from "../core/tokens.ts";

/** How full a model's window is, in percent; null when no model was named. */
export interface ContextFigures {
  readonly totalUsed: number | null;
  readonly untilSummarization: number | null;
}

/** The window a request names in tokens; null when it names none. The contract lets the number win over the name. */
export function namedWindow(query: {
  readonly context_window_max: number | null;
  readonly model_name: string | null;
}): number | null {
  if (query.context_window_max) return query.context_window_max;
  return query.model_name === null ? null : modelWindow(query.model_name);
}

/** Between so many characters counted, others get their turn. */
const TURN = 100_000;

/** The newest messages that fit into a window, at least one, oldest first. */
export async function fitWindow(messages: readonly Message[], window: number): Promise<readonly Message[]> {
  let kept = 0;
  await countBackwards(messages, (tokens) => {
    if (tokens > window && kept > 0) return false;
    kept++;
    return true;
  });
  return messages.slice(messages.length - kept);
}

/** Context figures of the contract, section 6.4. */
export async function contextFigures(
  messages: readonly Message[],
  window: number | null,
  threshold: number,
): Promise<ContextFigures> {
  if (window === null || window <= 0) return { totalUsed: null, untilSummarization: null };
  if (messages.length === 0) return { totalUsed: 0, untilSummarization: 0 };
  let used = 0;
  await countBackwards(messages, (tokens) => {
    used = tokens;
    // Both figures are capped: beyond the window the exact number no longer matters.
    return tokens <= window;
  });
  const limit = Math.floor(window * threshold);
  return {
    totalUsed: Math.min(100, (used / window) * 100),
    untilSummarization: limit === 0 ? 100 : Math.min(100, (used / limit) * 100),
  };
}

/** Tells the tokens of the newest message, of the newest two, and so on, until told to stop. */
async function countBackwards(
  messages: readonly Message[],
  next: (tokens: number) => boolean,
): Promise<void> {
  const count = await loadTokenCounter();
  let tokens = 0;
  let characters = 0;
  for (const message of messages.toReversed()) {
    const text = `${message.role}: ${message.content}`;
    tokens += count(text);
    if (!next(tokens)) return;
    characters += text.length;
    if (characters > TURN) {
      characters = 0;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}
