import { expect } from "vitest";
import type { Change, Store } from "../../core/store.ts";
import { at, makeRecord, putRecord } from "../build.ts";
import { area } from "../suite.ts";
import { wholeFeed } from "./derived.ts";
import { type StoreFixture, write } from "./fixture.ts";

/** Changes as another store's feed would give them, numbered from `first` with gaps. */
function foreign(first: number, ids: readonly string[]): Change[] {
  return ids.map((id, index) => ({
    sequence: first + index * 3,
    kind: "session",
    change: index === 0 ? "create" : "update",
    id,
    version: index + 1,
    at: at(index),
    namespace: "n",
    userId: index === 0 ? "alice" : null,
    agentId: null,
    sessionId: id,
  }));
}

/** How far the feed of `other` was taken. */
function position(store: Store, tenant: string): Promise<number> {
  return store.takeChanges(tenant, { source: "other", after: 0, changes: [] });
}

/** The ids in the feed, records and sessions alike. */
async function feedIds(store: Store, tenant: string): Promise<string[]> {
  return (await wholeFeed(store, tenant)).map(({ id }) => id);
}

export const taken = area<StoreFixture>("changes of another store", (verifies) => {
  verifies("feed.taken", "joins them to the feed, in order", async (fixture) => {
    const { store, tenant } = fixture;
    expect(await position(store, tenant)).toBe(0);
    expect(await store.tenants()).toEqual([]);
    await write(store, tenant, [putRecord(makeRecord("a"))]);
    const first = foreign(700, ["chat", "chat2"]);
    expect(await store.takeChanges(tenant, { source: "other", after: 0, changes: first })).toBe(703);
    await write(store, tenant, [putRecord(makeRecord("b"))]);
    const second = foreign(710, ["chat"]);
    expect(await store.takeChanges(tenant, { source: "other", after: 703, changes: second })).toBe(710);

    const changes = await wholeFeed(store, tenant);
    expect(changes.map(({ id }) => id)).toEqual(["a", "chat", "chat2", "b", "chat"]);
    const others = changes.filter(({ kind }) => kind === "session");
    const given = [...first, ...second].map(({ sequence: _, ...change }) => change);
    expect(others.map(({ sequence: _, ...change }) => change)).toEqual(given);
    const sequences = changes.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].toSorted((left, right) => left - right));
    expect(await store.lastSequence(tenant)).toBe(sequences.at(-1));

    const again = await fixture.reopen();
    expect(await position(again, tenant)).toBe(710);
    expect(await wholeFeed(again, tenant)).toEqual(changes);
  });

  verifies("feed.taken", "has a position for each tenant and source", async ({ store, tenant }) => {
    const changes = foreign(5, ["chat"]);
    await store.takeChanges(tenant, { source: "other", after: 0, changes });
    expect(await store.takeChanges(tenant, { source: "Other", after: 0, changes: [] })).toBe(0);
    expect(await position(store, "another")).toBe(0);
    await store.takeChanges("another", { source: "other", after: 0, changes: foreign(9, ["chat"]) });
    expect([await position(store, tenant), await position(store, "another")]).toEqual([5, 9]);
    expect(await feedIds(store, tenant)).toEqual(["chat"]);
    expect((await store.tenants()).toSorted()).toEqual([tenant, "another"].toSorted());
  });

  verifies("feed.taken", "takes a thousand at once", async ({ store, tenant }) => {
    const ids = Array.from({ length: 1000 }, (_, index) => `s${index}`);
    await store.takeChanges(tenant, { source: "other", after: 0, changes: foreign(1, ids) });
    expect(await feedIds(store, tenant)).toEqual(ids);
  });

  verifies("feed.taken", "begins anew when the other store does", async ({ store, tenant }) => {
    await store.takeChanges(tenant, { source: "other", after: 0, changes: foreign(50, ["old"]) });
    expect(
      await store.takeChanges(tenant, { source: "other", after: 50, changes: foreign(1, ["new"]) }),
    ).toBe(1);
    expect(await feedIds(store, tenant)).toEqual(["old", "new"]);
  });

  verifies("feed.taken-once", "refuses those from another position", async ({ store, tenant }) => {
    const changes = foreign(5, ["chat"]);
    const take = (after: number) => store.takeChanges(tenant, { source: "other", after, changes });
    expect(await take(4)).toBe(0);
    expect(await store.tenants()).toEqual([]);
    expect(await take(0)).toBe(5);
    expect(await take(0)).toBe(5);
    expect(await take(4)).toBe(5);
    expect(await feedIds(store, tenant)).toEqual(["chat"]);
  });

  verifies("feed.taken-once", "lets exactly one of several take them", async (fixture) => {
    const { store, tenant } = fixture;
    const second = await fixture.another();
    let after = 0;
    for (let round = 0; round < 10; round++) {
      const changes = foreign(round * 10 + 1, [`${round}`, `${round}+`]);
      const takers = [store, second, store, second];
      const positions = takers.map((taker) => taker.takeChanges(tenant, { source: "other", after, changes }));
      after = round * 10 + 4;
      expect(await Promise.all(positions)).toEqual(takers.map(() => after));
    }
    const expected = Array.from({ length: 10 }, (_, round) => [`${round}`, `${round}+`]).flat();
    expect(await feedIds(store, tenant)).toEqual(expected);
  });
});
