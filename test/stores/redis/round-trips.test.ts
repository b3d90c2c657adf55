import { expect, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import type { SessionOperation } from "../../../src/core/session/operations.ts";
import type { Store } from "../../../src/core/store.ts";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import {
  at,
  deleteRecord,
  makeMessage,
  makeRecord,
  putRecord,
  START,
  sessionKey,
} from "../../../src/testing/build.ts";
import { faultyRouteTo } from "../../faults/faulty-route.ts";
import { freshPrefix, withServer } from "../../servers/with-server.ts";

const now = START;
const CHAT = sessionKey("chat");
const HUNDRED = Array.from({ length: 100 }, (_, index) => `r${index}`);

const operate = (store: Store, operation: SessionOperation) =>
  store.writeSession(CHAT, { operations: [operation], now });

/** What a caller does, in an order in which each finds something to do, and how many round trips it may take. */
const CALLS: Record<string, { readonly trips: number; readonly call: (store: Store) => Promise<unknown> }> = {
  "write of a record": {
    trips: 1,
    call: (store) => store.write("acme", { writes: [putRecord(makeRecord("b"))], now }),
  },
  "write of a hundred records": {
    trips: 1,
    call: (store) => store.write("acme", { writes: HUNDRED.map((id) => putRecord(makeRecord(id))), now }),
  },
  "deletion of a record": {
    trips: 1,
    call: (store) => store.write("acme", { writes: [deleteRecord("b", 1)], now }),
  },
  "read of records": { trips: 1, call: (store) => store.read("acme", ["a", "r1", "gone"], { now }) },
  list: {
    trips: 1,
    call: (store) => store.list("acme", { filter: EVERYTHING, now, order: "newest", limit: 20 }),
  },
  count: { trips: 1, call: (store) => store.count("acme", { filter: EVERYTHING, now }) },
  history: { trips: 1, call: (store) => store.history("acme", "a") },
  touch: { trips: 1, call: (store) => store.touch("acme", ["a", "r1"], at(1)) },
  "last sequence": { trips: 1, call: (store) => store.lastSequence("acme") },
  changes: { trips: 1, call: (store) => store.changes("acme", { after: 0, limit: 50 }) },
  "index entries": { trips: 1, call: (store) => store.indexed("acme", { afterRow: 0, limit: 50 }) },
  "first message": {
    trips: 1,
    call: (store) => operate(store, { operation: "append", messages: [makeMessage("m1")] }),
  },
  "next message": {
    trips: 1,
    call: (store) => operate(store, { operation: "append", messages: [makeMessage("m2")] }),
  },
  "push to a list": {
    trips: 1,
    call: (store) => operate(store, { operation: "pushList", list: "l", values: [1, 2] }),
  },
  "pop from a list": { trips: 1, call: (store) => operate(store, { operation: "popList", list: "l" }) },
  "setting of data": {
    trips: 1,
    call: (store) => operate(store, { operation: "setData", values: { count: 1, deep: { a: 1 } } }),
  },
  "count in the data": {
    trips: 1,
    call: (store) => operate(store, { operation: "increment", key: "count", by: 2 }),
  },
  "flags of messages": {
    trips: 1,
    call: (store) => operate(store, { operation: "patchMessages", ids: ["m1"], patch: { extracted: true } }),
  },
  // Has to know what is there.
  "merge into the data": {
    trips: 2,
    call: (store) => operate(store, { operation: "mergeData", values: { deep: { b: 1 } } }),
  },
  "read of a session": { trips: 1, call: (store) => store.readSession(CHAT, { now, newest: 10 }) },
  "deletion of a session": { trips: 1, call: (store) => store.deleteSession(CHAT, { now }) },
};

await withServer("redis", ({ url }) => {
  test("a call is one round trip, and two where what is there must be known first", async () => {
    const counted: Record<string, number> = {};
    // The server is sent the text of a script the first time it is called, so the first round only makes them known.
    for (const round of ["first", "second"]) {
      const route = await faultyRouteTo(Number(new URL(url).port));
      const store = await openRedisStore({ url: `redis://127.0.0.1:${route.port}`, prefix: freshPrefix() });
      // The first write of a tenant puts it on the list of tenants.
      await store.write("acme", { writes: [putRecord(makeRecord("a"))], now });
      for (const [name, { call }] of Object.entries(CALLS)) {
        const before = route.roundTrips();
        await call(store);
        if (round === "second") counted[name] = route.roundTrips() - before;
      }
      await store.close();
    }
    expect(counted).toEqual(
      Object.fromEntries(Object.entries(CALLS).map(([name, { trips }]) => [name, trips])),
    );
  });
});
