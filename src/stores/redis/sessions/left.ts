import { asList, asPairs, asText } from "../connection/reply.ts";
import type { Server } from "../connection/server.ts";
import { sessionFieldKey, sessionOfMember, tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { enter } from "./enter.ts";

/** Milliseconds after which a change that was announced and not entered is looked after by others. */
const OVERDUE_MS = 5000;
/** Milliseconds after which an announced change that left nothing cannot happen any more. */
const VOID_MS = 60_000;
/** So often, in milliseconds, a process looks for them. */
const LOOK_EVERY_MS = 1000;
/** So many at a time. */
const AT_ONCE = "100";

const looked = new WeakMap<Server, Map<string, number>>();

/** In a cluster, enters the changes of sessions that their writers did not live to enter. Before reading the feed. */
export async function enterWhatIsLeft(parts: Parts, tenant: string): Promise<void> {
  const { server, prefix } = parts;
  if (!server.isCluster) return;
  const times = looked.get(server) ?? new Map<string, number>();
  looked.set(server, times);
  const present = performance.now();
  if (present - (times.get(tenant) ?? Number.NEGATIVE_INFINITY) < LOOK_EVERY_MS) return;
  times.set(tenant, present);

  const pending = tenantKey(prefix, tenant, "pending");
  // The announcements tell the time of the server that has the tenant.
  const [seconds] = asList(await server.command(pending, ["TIME"]));
  const now = Number(asText(seconds)) * 1000;
  const overdue = [
    "ZRANGEBYSCORE",
    pending,
    "-inf",
    String(now - OVERDUE_MS),
    "WITHSCORES",
    "LIMIT",
    "0",
    AT_ONCE,
  ];
  const found = asList(await server.command(pending, overdue)).map(asText);
  for (let index = 0; index < found.length; index += 2) {
    const mark = found[index] ?? "";
    const key = sessionOfMember(tenant, mark.slice(mark.indexOf("\0") + 1));
    const outbox = sessionFieldKey(prefix, key, "outbox");
    const entries = asPairs(await server.command(outbox, ["HGETALL", outbox]));
    if (entries.some(([waiting]) => waiting === mark)) await enter(parts, key, entries);
    else if (Number(found[index + 1]) < now - VOID_MS) await server.command(pending, ["ZREM", pending, mark]);
  }
}
