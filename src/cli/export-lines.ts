import { formatMilliseconds } from "../core/time.ts";
import type { Memory } from "../memory.ts";
import { ARCHIVE_VERSION, type ArchiveEnd, type ArchiveHeader } from "./import/archive.ts";

/**
 * Everything that lives in a memory's scope as lines of JSON: a header, every record, every session whole, and an end with
 * the counts. History is not part of it.
 * @param written counts what has been given out
 */
export async function* exportLines(
  memory: Memory,
  { signal, written }: { signal: AbortSignal; written: { records: number; sessions: number } },
): AsyncGenerator<string> {
  const [records, sessions] = await Promise.all([
    memory.list({ limit: 1, signal }),
    memory.sessions({ limit: 1, signal }),
  ]);
  const header: ArchiveHeader = {
    memoir: "export",
    formatVersion: ARCHIVE_VERSION,
    exportedAt: formatMilliseconds(Date.now()),
    records: records.total,
    sessions: sessions.total,
  };
  yield JSON.stringify(header);
  for await (const record of memory.list({ order: "oldest", limit: 1000, signal })) {
    signal.throwIfAborted();
    yield JSON.stringify({ record });
    written.records++;
  }
  // Sessions are listed by their last change, so one that is written to meanwhile may come twice.
  const only = memory.currentScope.sessionId;
  const seen = new Set<string>();
  for await (const { tenant, namespace, userId, sessionId } of memory.sessions({ limit: 1000, signal })) {
    signal.throwIfAborted();
    if (only !== null && only !== sessionId) continue;
    const key = JSON.stringify([namespace, userId, sessionId]);
    if (seen.has(key)) continue;
    seen.add(key);
    const session = await memory.operations.readSession({ tenant, namespace, userId, sessionId }, { signal });
    if (session === null) continue;
    yield JSON.stringify({ session });
    written.sessions++;
  }
  const end: ArchiveEnd = { memoir: "end", ...written };
  yield JSON.stringify(end);
}
