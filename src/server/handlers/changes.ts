import { RequestError } from "../../contract/issues.ts";
import { changeCodec } from "../../contract/wire.ts";
import { WakingWatch } from "../../core/change-watch.ts";
import { ChangesForgottenError } from "../../core/errors.ts";
import type { ResolvedScope } from "../../core/scope.ts";
import type { Change } from "../../core/store.ts";
import type { Call, Handlers, Surroundings } from "../call.ts";
import { scopeOfCall } from "../scopes.ts";

/** The change feed: a page as JSON, or a stream of server-sent events for whoever accepts that. */
export function changeHandlers(surroundings: Surroundings): Handlers<"changes"> {
  return {
    async changes({ query, call }) {
      const scope = scopeOfCall(call, query);
      const { limit } = query;
      if (call.headers.get("accept")?.includes("text/event-stream"))
        return streamChanges(surroundings, scope, { after: lastSeen(call) ?? query.after, limit }, call);
      const page = await surroundings.operations.changes(scope, {
        after: query.after,
        limit,
        signal: call.signal,
      });
      return { changes: page.changes.map((change) => changeCodec.encode(change)), sequence: page.sequence };
    },
  };
}

/** Where a reader that lost its connection wants to go on. */
function lastSeen(call: Call): number | null {
  const header = call.headers.get("last-event-id");
  if (header === null || header === "") return null;
  if (!/^\d{1,15}$/.test(header))
    throw RequestError.at(["header", "last-event-id"], "int_parsing", "must be a whole number", header);
  return Number(header);
}

async function streamChanges(
  { operations, stream, closing }: Surroundings,
  scope: ResolvedScope,
  start: { readonly after: number; readonly limit: number },
  call: Call,
): Promise<Response> {
  // Whoever asks for what was forgotten is told so by the status; in a stream there is no room for it.
  await operations.changes(scope, { after: start.after, limit: 1, signal: call.signal });
  const ended = AbortSignal.any([closing, call.signal]);
  const encoder = new TextEncoder();
  const feed = async function* () {
    let { after } = start;
    let lastSign = performance.now();
    const watch = operations.watch?.(scope.tenant) ?? new WakingWatch();
    try {
      // Tells proxies and readers that the stream is open before the first change comes.
      yield ": open\n\n";
      while (!ended.aborted) {
        const { changes, sequence } = await operations.changes(scope, { after, limit: start.limit });
        for (const change of changes) yield event(change);
        after = sequence;
        if (changes.length > 0) {
          lastSign = performance.now();
          continue;
        }
        await watch.next(stream.poll, ended);
        if (performance.now() - lastSign < stream.heartbeat) continue;
        lastSign = performance.now();
        yield ": still here\n\n";
      }
    } catch (error) {
      // The reader asks again, and is told by the status.
      if (!(error instanceof ChangesForgottenError)) throw error;
    } finally {
      watch.close();
    }
  };
  const events = feed();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await events.return();
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

function event(change: Change): string {
  return `id: ${change.sequence}\nevent: change\ndata: ${JSON.stringify(changeCodec.encode(change))}\n\n`;
}
