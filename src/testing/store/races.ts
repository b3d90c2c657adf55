import { expect } from "vitest";
import type { JsonValue } from "../../core/json.ts";
import type { SessionOperation } from "../../core/session/operations.ts";
import type { Store } from "../../core/store.ts";
import { makeMessage, makeRecord, putRecord, START, sessionKey } from "../build.ts";
import { area } from "../suite.ts";
import { idsOf, list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

const KEY = sessionKey("shared");

/** Four writers on two handles. */
async function writersOf(fixture: StoreFixture): Promise<Store[]> {
  const second = await fixture.another();
  return [fixture.store, second, fixture.store, second];
}

/** Runs `times` steps of every writer, the writers side by side, each writer one after another. */
async function sideBySide(
  writers: readonly Store[],
  times: number,
  step: (store: Store, writer: number, turn: number) => Promise<unknown>,
): Promise<void> {
  const run = async (store: Store, writer: number) => {
    for (let turn = 0; turn < times; turn++) await step(store, writer, turn);
  };
  await Promise.all(writers.map(run));
}

function operate(store: Store, ...operations: SessionOperation[]) {
  return store.writeSession(KEY, { operations, now: START });
}

/** How often each outcome happened. */
async function outcomes(promises: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of await Promise.all(promises.map(outcome))) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export const races = area<StoreFixture>("races of two handles", (verifies) => {
  verifies("races.append", "loses and doubles no message, and keeps each writer's order", async (fixture) => {
    const writers = await writersOf(fixture);
    await sideBySide(writers, 25, (store, writer, turn) =>
      operate(store, {
        operation: "append",
        messages: [makeMessage(`${writer}:${turn}`), makeMessage("everyone's")],
      }),
    );
    const state = await fixture.store.readSession(KEY, { now: START });
    const ids = state?.messages.map(({ id }) => id) ?? [];
    expect(ids).toHaveLength(101);
    for (const writer of writers.keys()) {
      const own = ids.filter((id) => id.startsWith(`${writer}:`));
      expect(own).toEqual(Array.from({ length: 25 }, (_, turn) => `${writer}:${turn}`));
    }
    expect(state?.version).toBe(100);
  });

  verifies("races.lists", "loses no push and pops nothing twice", async (fixture) => {
    const writers = await writersOf(fixture);
    const popped: JsonValue[] = [];
    await sideBySide(writers, 20, async (store, writer, turn) => {
      await operate(store, { operation: "pushList", list: "queue", values: [`${writer}:${turn}`] });
      if (turn % 2 === 0) return;
      const { results } = await operate(store, { operation: "popList", list: "queue", index: 0 });
      popped.push(...(results[0] as JsonValue[]));
    });
    const left = (await fixture.store.readSession(KEY, { now: START }))?.lists["queue"] ?? [];
    expect([popped.length, left.length]).toEqual([40, 40]);
    expect(new Set([...popped, ...left]).size).toBe(80);
  });

  verifies("races.counters", "loses no increment", async (fixture) => {
    const writers = await writersOf(fixture);
    const sums: JsonValue[] = [];
    await sideBySide(writers, 25, async (store) => {
      const { results } = await operate(store, { operation: "increment", key: "count", by: 1 });
      sums.push(results[0] ?? null);
    });
    expect(sums.toSorted((left, right) => Number(left) - Number(right))).toEqual(
      sums.map((_, index) => index + 1),
    );
    expect((await fixture.store.readSession(KEY, { now: START }))?.data).toEqual({ count: 100 });
  });

  verifies("races.merges", "merges into one object side by side", async (fixture) => {
    const writers = await writersOf(fixture);
    await sideBySide(writers, 15, (store, writer, turn) =>
      operate(store, { operation: "mergeData", values: { turns: { [`${writer}:${turn}`]: turn } } }),
    );
    const state = await fixture.store.readSession(KEY, { now: START });
    expect(Object.keys(state?.data["turns"] ?? {})).toHaveLength(60);
    expect(state?.version).toBe(60);
  });

  verifies("races.compare-and-set", "lets exactly one writer of a version win", async (fixture) => {
    const writers = await writersOf(fixture);
    const { tenant, store } = fixture;
    for (let version = 0; version < 5; version++) {
      const attempts = writers.map((handle, writer) =>
        write(handle, tenant, [
          putRecord(makeRecord("a", { text: `${writer}` }), { expectedVersion: version }),
        ]),
      );
      expect(await outcomes(attempts)).toEqual({ resolved: 1, version_conflict: 3 });
      const state = writers.map((handle, writer) =>
        handle.writeSession(KEY, {
          operations: [{ operation: "setContext", context: `${writer}` }],
          now: START,
          expectedVersion: version,
        }),
      );
      expect(await outcomes(state)).toEqual({ resolved: 1, version_conflict: 3 });
    }
    expect((await readOne(store, tenant, "a"))?.version).toBe(5);
    expect(await store.history(tenant, "a")).toHaveLength(5);
  });

  verifies("races.duplicates", "lets exactly one record have a duplicate key", async (fixture) => {
    const writers = await writersOf(fixture);
    const { tenant, store } = fixture;
    const attempts = writers.map((handle, writer) =>
      write(handle, tenant, [putRecord(makeRecord(`r${writer}`), { duplicateKey: "same" })]),
    );
    expect(await outcomes(attempts)).toEqual({ resolved: 1, version_conflict: 3 });
    expect(await list(store, tenant)).toHaveLength(1);
  });

  verifies("races.idempotency", "carries out a repeated write once", async (fixture) => {
    const writers = await writersOf(fixture);
    const { tenant, store } = fixture;
    const idempotency = { key: "k", fingerprint: "f" };
    const attempts = writers.map((handle, writer) =>
      write(handle, tenant, [putRecord(makeRecord(`r${writer}`))], START, { ...idempotency, result: writer }),
    );
    expect(await outcomes(attempts)).toEqual({ resolved: 1, idempotency_key_reused: 3 });
    const [winner] = idsOf(await list(store, tenant));
    expect(winner).toBe(`r${await store.recallResult(tenant, idempotency)}`);
    const session = { key: "session", fingerprint: "f" };
    const receipts = await Promise.all(
      writers.map((handle) =>
        handle.writeSession(KEY, {
          operations: [{ operation: "increment", key: "count", by: 1 }],
          now: START,
          idempotency: session,
        }),
      ),
    );
    expect(receipts).toEqual(receipts.map(() => ({ version: 1, created: true, results: [1] })));
  });

  verifies("races.seen", "shows every handle what another acknowledged", async (fixture) => {
    const { store, tenant } = fixture;
    const second = await fixture.another();
    for (let version = 0; version < 10; version++) {
      const [writer, reader] = version % 2 === 0 ? [store, second] : [second, store];
      await write(writer, tenant, [putRecord(makeRecord("a"), { expectedVersion: version })]);
      expect((await readOne(reader, tenant, "a"))?.version).toBe(version + 1);
      expect(await reader.lastSequence(tenant)).toBe(await writer.lastSequence(tenant));
      await operate(writer, { operation: "append", messages: [makeMessage(`m${version}`)] });
      expect((await reader.readSession(KEY, { now: START }))?.messages).toHaveLength(version + 1);
    }
  });
});
