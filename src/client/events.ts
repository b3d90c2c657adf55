import { changeCodec } from "../contract/wire.ts";
import { MemoirError } from "../core/errors.ts";
import type { Change } from "../core/store.ts";
import { errorFromAnswer } from "./errors.ts";
import { type Outgoing, pause, type Transport } from "./transport.ts";

/** How a server's changes are followed. */
export interface FollowRemoteOptions {
  /** Give the changes after this sequence number. Default 0: from the beginning. */
  readonly after?: number;
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** Milliseconds without a sign of life after which the connection counts as broken. Default 60,000. */
  readonly silence?: number;
  /** Milliseconds before a broken connection is opened again. Default 1,000. */
  readonly reconnect?: number;
}

/** Reads the server's stream of changes, and goes on after the last one seen when the connection breaks. */
export async function* followChanges(
  transport: Transport,
  { tenant, query }: Pick<Outgoing, "tenant" | "query">,
  options: FollowRemoteOptions,
): AsyncGenerator<Change, void, undefined> {
  const { signal, silence = 60_000, reconnect = 1000 } = options;
  let { after = 0 } = options;
  const never = new AbortController().signal;
  for (;;) {
    signal?.throwIfAborted();
    try {
      for await (const change of readOnce(transport, { tenant, query }, { after, signal, silence })) {
        after = change.sequence;
        yield change;
      }
    } catch (error) {
      if (!MemoirError.is(error) || !error.retryable) throw error;
    }
    await pause(reconnect, never, signal);
  }
}

/** One connection, until it ends. */
async function* readOnce(
  transport: Transport,
  { tenant, query }: { readonly tenant: string | undefined; readonly query: Outgoing["query"] },
  { after, signal, silence }: { after: number; signal: AbortSignal | undefined; silence: number },
): AsyncGenerator<Change, void, undefined> {
  const broken = new AbortController();
  const watch = () => setTimeout(() => broken.abort(), silence);
  let watchdog = watch();
  try {
    const response = await transport.open(
      "changes",
      {
        ...(tenant !== undefined && { tenant }),
        query: { ...query, after },
        headers: { accept: "text/event-stream" },
        signal,
      },
      broken.signal,
    );
    if (!response.ok) throw errorFromAnswer(response, await response.text());
    if (!response.body) return;
    let buffer = "";
    // Not TextDecoderStream: its types differ between runtimes.
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      clearTimeout(watchdog);
      watchdog = watch();
      buffer += decoder.decode(chunk, { stream: true });
      const events = buffer.split("\n\n");
      buffer = events.pop() ?? "";
      for (const event of events) yield* readEvent(event);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (MemoirError.is(error)) throw error;
    throw new MemoirError("server_unreachable", "The stream of changes broke off", { cause: error });
  } finally {
    clearTimeout(watchdog);
    // Leaving the loop closes the connection.
    broken.abort();
  }
}

function* readEvent(event: string): Generator<Change> {
  const data = event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
  if (data !== "") yield changeCodec.decode(JSON.parse(data)) as Change;
}
