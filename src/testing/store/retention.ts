import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "vitest";
import { ChangesForgottenError } from "../../core/errors.ts";
import type { Store } from "../../core/store.ts";
import { at, deleteRecord, makeRecord, putRecord, START, sessionKey } from "../build.ts";
import { area } from "../suite.ts";
import { idsOf, list, outcome, readOne, type StoreFixture, write } from "./fixture.ts";

/** How the store refuses a follower. */
async function refusal(store: Store, tenant: string, after: number): Promise<ChangesForgottenError> {
  const error = await store.changes(tenant, { after, limit: 10 }).catch((reason: unknown) => reason);
  if (error instanceof ChangesForgottenError) return error;
  throw new Error("The follower was not told", { cause: error });
}

/** Every id, read in pages. */
async function allIds(store: Store, tenant: string, limit: number): Promise<string[]> {
  const ids = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Store["ids"]>> = await store.ids(tenant, { cursor, limit });
    for (const id of page.ids) ids.add(id);
    cursor = page.cursor;
  } while (cursor !== null);
  return [...ids].sort();
}

/** Knows of every record the version it has, by nothing but the feed and, when it was told that it missed something, the store. */
class Follower {
  readonly versions = new Map<string, number>();
  told = 0;
  #sequence = 0;

  async catchUp(store: Store, tenant: string): Promise<void> {
    for (;;) {
      try {
        const changes = await store.changes(tenant, { after: this.#sequence, limit: 3 });
        for (const { id, change, version, sequence } of changes) {
          if (change === "delete") this.versions.delete(id);
          else this.versions.set(id, version);
          this.#sequence = sequence;
        }
        if (changes.length === 0) return;
      } catch (error) {
        if (!(error instanceof ChangesForgottenError)) throw error;
        this.told++;
        this.versions.clear();
        for (const { id, version } of await list(store, tenant)) this.versions.set(id, version);
        this.#sequence = error.sequence;
      }
    }
  }
}

async function presentVersions(store: Store, tenant: string): Promise<Map<string, number>> {
  return new Map((await list(store, tenant)).map(({ id, version }) => [id, version]));
}

export const forgetting = area<StoreFixture>("forgetting what is old", (verifies) => {
  verifies("feed.forgotten", "forgets old changes and tells who missed them", async (fixture) => {
    const { store, tenant } = fixture;
    for (let second = 1; second <= 6; second++)
      await write(store, tenant, [putRecord(makeRecord(`r${second}`))], at(second));
    await write(store, "other", [putRecord(makeRecord("o"))], at(1));
    const all = await store.changes(tenant, { after: 0, limit: 10 });
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, last = 0] = all.map(
      ({ sequence }) => sequence,
    );
    expect(await store.forgetChanges(tenant, at(0.5), 10)).toBe(0);
    expect(await store.changes(tenant, { after: 0, limit: 10 })).toEqual(all);
    expect(await store.forgetChanges(tenant, at(4), 3)).toBe(3);
    expect(await store.forgetChanges(tenant, at(4), 3)).toBe(1);
    expect(await store.forgetChanges(tenant, at(4), 3)).toBe(0);

    const handles = [store, await fixture.another()];
    for (const handle of handles) {
      for (const after of [0, first, second, third]) {
        const { code, status, details, sequence } = await refusal(handle, tenant, after);
        expect([code, status]).toEqual(["changes_forgotten", 410]);
        expect(details).toEqual({ after, forgotten: fourth, sequence: last });
        expect(sequence).toBe(last);
      }
      expect(await handle.changes(tenant, { after: fourth, limit: 10 })).toEqual(all.slice(4));
      expect(await handle.changes(tenant, { after: fifth, limit: 10 })).toEqual(all.slice(5));
      expect(await handle.changes(tenant, { after: last, limit: 10 })).toEqual([]);
      expect(await handle.lastSequence(tenant)).toBe(last);
    }
    expect(idsOf(await store.changes("other", { after: 0, limit: 10 }))).toEqual(["o"]);
    expect(idsOf(await list(store, tenant))).toEqual(["r1", "r2", "r3", "r4", "r5", "r6"]);
    expect(await store.check()).toEqual([]);

    // The newest stays however old it is, and numbers go on after it.
    expect(await store.forgetChanges(tenant, at(1000), 10)).toBe(1);
    expect(await store.forgetChanges(tenant, at(1000), 10)).toBe(0);
    expect(await store.tenants()).toContain(tenant);
    const again = await fixture.reopen();
    expect(await again.lastSequence(tenant)).toBe(last);
    expect((await refusal(again, tenant, fourth)).sequence).toBe(last);
    await write(again, tenant, [putRecord(makeRecord("r7"))], at(7));
    const [newest] = await again.changes(tenant, { after: last, limit: 10 });
    expect(newest).toMatchObject({ id: "r7", version: 1 });
    expect(newest?.sequence).toBeGreaterThan(last);
    expect(await again.check()).toEqual([]);
  });

  verifies("feed.forgotten", "stops at the first change that is young", async ({ store, tenant }) => {
    for (const second of [1, 9, 2])
      await write(store, tenant, [putRecord(makeRecord(`r${second}`))], at(second));
    await store.writeSession(sessionKey("chat"), { operations: [], now: at(3) });
    expect(await store.forgetChanges(tenant, at(5), 10)).toBe(1);
    const [{ sequence = 0 } = {}] = await store.changes(tenant, {
      after: (await refusal(store, tenant, 0)).details["forgotten"] as number,
      limit: 10,
    });
    expect(idsOf(await store.changes(tenant, { after: sequence, limit: 10 }))).toEqual(["r2", "chat"]);
  });

  verifies("feed.forgotten", "forgets nothing of a tenant nobody wrote to", async ({ store, tenant }) => {
    expect(await store.forgetChanges(tenant, at(9), 10)).toBe(0);
    expect(await store.tenants()).toEqual([]);
    expect(await store.changes(tenant, { after: 0, limit: 10 })).toEqual([]);
  });

  verifies("feed.forgotten-races", "passes nothing over while others write and forget", async (fixture) => {
    const { store, tenant } = fixture;
    const [writer, forgetful] = [await fixture.another(), await fixture.another()];
    const [awake, sleepy] = [new Follower(), new Follower()];
    const writing = { done: false };
    const writeMany = async (handle: Store, name: string) => {
      for (let turn = 0; turn < 20; turn++) {
        const id = `${name}-${turn % 5}`;
        const version = (await readOne(handle, tenant, id))?.version ?? 0;
        const change = turn % 4 === 3 && version > 0 ? deleteRecord(id, version) : null;
        await write(handle, tenant, [change ?? putRecord(makeRecord(id), { expectedVersion: version })]);
      }
    };
    const until = async (work: () => Promise<unknown>) => {
      while (!writing.done) {
        await work();
        await nextTurn();
      }
    };
    let turn = 0;
    const done = Promise.all([
      until(() => awake.catchUp(store, tenant)),
      until(async () => (turn++ % 4 === 0 ? sleepy.catchUp(store, tenant) : undefined)),
      until(() => forgetful.forgetChanges(tenant, at(1), 7)),
      until(() => store.forgetChanges(tenant, at(1), 2)),
    ]);
    await Promise.all([writeMany(store, "a"), writeMany(writer, "b")]);
    writing.done = true;
    await done;
    while ((await store.forgetChanges(tenant, at(1), 100)) > 0);
    const late = new Follower();
    const expected = await presentVersions(store, tenant);
    for (const follower of [awake, sleepy, late]) {
      await follower.catchUp(writer, tenant);
      expect(follower.versions).toEqual(expected);
    }
    expect(late.told).toBe(1);
    expect(await store.check()).toEqual([]);
  });

  verifies("history.forgotten", "keeps the newest versions, or those since an instant", async (fixture) => {
    const { store, tenant } = fixture;
    const texts = async (handle: Store, id: string) =>
      (await handle.history(tenant, id)).map(({ change, record }) => `${change} ${record.text}`);
    for (const id of ["a", "b", "c", "d"])
      for (let version = 0; version < 5; version++) {
        const record = makeRecord(id, { text: `${version + 1}` });
        await write(store, tenant, [putRecord(record, { expectedVersion: version })], at(10 * version));
      }
    const before = await list(store, tenant);
    const both = (newest: number | null, since: string | null) => ({ newest, since });
    expect(await store.forgetVersions(tenant, ["a"], both(null, null))).toBe(0);
    expect(await store.forgetVersions(tenant, ["a", "never"], both(2, null))).toBe(3);
    expect(await store.forgetVersions(tenant, ["a"], both(2, null))).toBe(0);
    // What was known at the instant began before it.
    expect(await store.forgetVersions(tenant, ["b"], both(null, at(25)))).toBe(2);
    expect(await store.forgetVersions(tenant, ["c"], both(1, at(10)))).toBe(1);
    expect(await store.forgetVersions(tenant, ["d"], both(null, at(1000)))).toBe(4);
    expect(await texts(store, "a")).toEqual(["update 4", "update 5"]);
    expect(await texts(store, "b")).toEqual(["update 3", "update 4", "update 5"]);
    expect(await texts(store, "c")).toEqual(["update 2", "update 3", "update 4", "update 5"]);
    expect(await texts(store, "d")).toEqual(["update 5"]);
    expect((await readOne(store, tenant, "b", { asOf: at(25), now: at(99) }))?.text).toBe("3");
    expect(await readOne(store, tenant, "b", { asOf: at(15), now: at(99) })).toBeNull();
    expect(idsOf(await list(store, tenant, { asOf: at(25), now: at(99) }))).toEqual(["b", "c"]);
    expect(await list(store, tenant)).toEqual(before);
    expect(await store.check()).toEqual([]);
    const again = await fixture.reopen();
    expect(await texts(again, "a")).toEqual(["update 4", "update 5"]);
    const next = putRecord(makeRecord("a", { text: "6" }), { expectedVersion: 5 });
    expect(await write(again, tenant, [next], at(60))).toEqual([6]);
    expect(await texts(again, "a")).toEqual(["update 4", "update 5", "update 6"]);
  });

  verifies("history.forgotten", "keeps what a removal removed", async ({ store, tenant }) => {
    const put = (text: string, expectedVersion: number) =>
      putRecord(makeRecord("a", { text }), { expectedVersion });
    await write(store, tenant, [put("one", 0)], at(1));
    await write(store, tenant, [put("two", 1)], at(2));
    await write(store, tenant, [deleteRecord("a", 2, "merge", { reason: "the same" })], at(3));
    await write(store, tenant, [{ kind: "alias", id: "a", target: "b" }, putRecord(makeRecord("b"))], at(3));
    expect(await store.forgetVersions(tenant, ["a"], { newest: 1, since: null })).toBe(1);
    const told = async () =>
      (await store.history(tenant, "a")).map(({ change, reason, record }) => [change, reason, record.text]);
    const removal = [
      ["update", null, "two"],
      ["merge", "the same", "two"],
    ];
    expect(await told()).toEqual(removal);
    expect((await readOne(store, tenant, "a"))?.id).toBe("b");
    expect(await write(store, tenant, [put("three", 0)], at(4))).toEqual([4]);
    expect(await store.forgetVersions(tenant, ["a"], { newest: 2, since: null })).toBe(0);
    expect(await told()).toEqual([...removal, ["create", null, "three"]]);
    expect(await store.forgetVersions(tenant, ["a"], { newest: 1, since: null })).toBe(2);
    expect(await told()).toEqual([["create", null, "three"]]);
    expect(await store.check()).toEqual([]);
  });

  verifies("history.ids", "lists every id that was ever used", async ({ store, tenant }) => {
    expect(await allIds(store, tenant, 10)).toEqual([]);
    const ids = Array.from({ length: 9 }, (_, index) => `id ${index}`);
    await write(
      store,
      tenant,
      ids.map((id) => putRecord(makeRecord(id))),
    );
    await write(store, "other", [putRecord(makeRecord("elsewhere"))]);
    await write(store, tenant, [
      deleteRecord("id 1", 1),
      putRecord(makeRecord("id 2"), { expectedVersion: 1 }),
    ]);
    await store.erase(tenant, ["id 3"], START);
    for (const limit of [2, 100]) expect(await allIds(store, tenant, limit)).toEqual(ids);
    expect(await allIds(store, "other", 10)).toEqual(["elsewhere"]);
    expect(await outcome(store.changes(tenant, { after: 0, limit: 1 }))).toBe("resolved");
  });
});
