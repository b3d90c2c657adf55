import type { Store } from "../../src/core/store.ts";
import { makeMessage, makeRecord, putRecord, sessionKey } from "../../src/testing/build.ts";
import { conversation, ENTRY, instantOf, READABLE, type Work } from "./engine.ts";

const TENANT = "acme";

export const recordOf = (id: string) =>
  makeRecord(id, { userId: "alice", text: `What ${id} says. `.repeat(12) });

/** The same through Memoir's store: with versions, history, the change feed and everything else it owes. */
export function ownWork(store: Store): Work {
  const say = (
    n: number,
    lane: number,
    operation: Parameters<Store["writeSession"]>[1]["operations"][number],
  ) =>
    store.writeSession(sessionKey(conversation(n, lane), { tenant: TENANT }), {
      operations: [operation],
      now: instantOf(n),
    });
  return {
    "read a record": (n) => store.read(TENANT, [`there-${n % READABLE}`], { now: instantOf(n) }),
    "create a record": (n, lane) => create(store, n, `${lane}-${n}`),
    "append a message": (n, lane) =>
      say(n, lane, { operation: "append", messages: [makeMessage(`${lane}-${n}`)] }),
    "push to a list": (n, lane) =>
      say(n, lane, { operation: "pushList", list: "steps", values: [`step ${n}`] }),
  };
}

/** Puts there what is read. */
export async function fill(store: Store): Promise<void> {
  const writes = Array.from({ length: READABLE }, (_, index) => putOf(`there-${index}`));
  await store.write(TENANT, { writes, now: instantOf(0) });
}

function create(store: Store, n: number, id: string) {
  return store.write(TENANT, { writes: [putOf(id)], now: instantOf(n) });
}

const putOf = (id: string) =>
  putRecord(recordOf(id), { entry: { embedder: "bench", analyzer: "bench", ...ENTRY } });
