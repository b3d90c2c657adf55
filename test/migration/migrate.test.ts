import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Store } from "../../src/core/store.ts";
import { openMemory } from "../../src/index.ts";
import { compareStores } from "../../src/migration/compare.ts";
import { copyAliases, copyChanges } from "../../src/migration/migrate.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { createPair } from "../../src/stores/pair.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import {
  arbitraryOperation,
  deleteRecord,
  makeMessage,
  makeRecord,
  putRecord,
  sessionKey,
} from "../../src/testing/index.ts";
import { memoir } from "../cli/memoir.ts";
import { ownSchema } from "../conformance/emptied.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

const { signal } = new AbortController();

async function migrate(from: Store, to: Store): Promise<void> {
  await copyChanges({ from, to, name: "source", signal });
  await copyAliases({ from, to, name: "source", signal });
}

async function differences(one: Store, other: Store): Promise<readonly string[]> {
  return (await compareStores(one, other, signal)).differences;
}

const second = (seconds: number) =>
  new Date(Date.parse("2026-05-04T09:30:00Z") + seconds * 1000).toISOString();

/** A store in which everything that there is has happened, in two tenants. */
async function fill(store: Store): Promise<void> {
  const memory = await openMemory({ store: { ...store, close: async () => {} } });
  const alice = memory.scope({ tenant: "acme", userId: "alice" });
  await alice.add({ id: "kept", text: "Likes tea", metadata: { __proto__: null, "a.b": [1, "é"] } });
  await alice.update("kept", { text: "Likes green tea", importance: 0.9 }, { actor: "ann", reason: "asked" });
  await alice.add({ id: "also", text: "Likes green tea" });
  await alice.add({ id: "plain", text: "Likes milk" });
  await alice.add({ text: "Likes milk" }, { deduplicate: false });
  await alice.delete("plain", { reason: "no more" });
  await alice.add({ id: "erased", text: "Secret" });
  await alice.delete("erased", { erase: true });
  await alice.add({ id: "again", text: "Came back" });
  await alice.delete("again");
  await alice.add({ id: "again", text: "Is back" });
  await memory.add([{ id: "x", text: "Another tenant's" }, "Nobody's"]);
  const chat = alice.session("chat");
  await chat.append({ role: "user", content: "hello" });
  await chat.data.set("step", 1);
  await chat.list("queue").push("a", { b: 1 });
  await chat.expireIn(10_000, { sliding: false });
  await alice.conversations().conversation("other").set("field", [1], { ttl: 60_000 });
  await memory.session("gone").append({ role: "user", content: "bye" });
  await memory.session("gone").end();
  await memory.close();
}

/** Writes that only the store itself knows: expiry, merges and keys that move, at given times. */
async function fillBelow(store: Store): Promise<void> {
  const put = (id: string, part: object, options: object) => putRecord(makeRecord(id, part), options);
  const steps: [number, Parameters<Store["write"]>[1]["writes"]][] = [
    [0, [put("a", {}, { duplicateKey: "k" }), put("b", { expiresAt: second(10) }, {}), put("c", {}, {})]],
    [1, [deleteRecord("c", 1, "merge"), { kind: "alias", id: "c", target: "a" }]],
    [2, [{ kind: "alias", id: "never a record", target: "c" }]],
    [20, [put("b", { text: "after it expired" }, {})]],
    [
      30,
      [put("d", { expiresAt: second(31) }, {}), deleteRecord("a", 1), put("e", {}, { duplicateKey: "k" })],
    ],
  ];
  for (const [at, writes] of steps) await store.write("below", { writes, now: second(at) });
  await store.removeExpired("below", second(40), 10);
}

/** Forgets every change but the newest of each tenant. */
async function forgetFeed(store: Store): Promise<void> {
  for (const tenant of await store.tenants())
    while ((await store.forgetChanges(tenant, "9999-12-31T00:00:00Z", 100)) > 0);
}

const folder = mkdtempSync(join(tmpdir(), "memoir-migrate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const STORES: [string, () => Promise<Store>][] = [
  ["memory", async () => createMemoryStore()],
  ["sqlite", () => openSqliteStore({ path: join(folder, `${++files}.db`) })],
  ["a pair", async () => createPair({ working: createMemoryStore(), longTerm: createMemoryStore() })],
];
await withServer("redis", ({ url }) => {
  STORES.push(["redis", () => openRedisStore({ url, prefix: freshPrefix() })]);
});
await withServer("postgres", async (server) => {
  const { url, empty } = await ownSchema(server.url);
  const open = async () => {
    const store = await openPostgresStore({ url });
    await empty();
    return store;
  };
  STORES.push(["postgres", open]);
});

describe("a migration", () => {
  const ways = STORES.map(([to, openTo], index) => {
    const [from, openFrom] = STORES[(index + 1) % STORES.length] as (typeof STORES)[number];
    return { from, to, openFrom, openTo };
  });

  test.each(ways)("from $from to $to leaves both equal", async ({ openFrom, openTo }) => {
    const from = await openFrom();
    const to = await openTo();
    await fill(from);
    await fillBelow(from);
    await migrate(from, to);
    expect(await differences(from, to)).toEqual([]);
    const asked = ["a", "b", "c", "d", "e", "never a record"];
    for (const asOf of [second(0), second(5), second(15), second(25), second(35), second(50)]) {
      const moment = { now: asOf, asOf };
      const [mine, theirs] = await Promise.all([from, to].map((store) => store.read("below", asked, moment)));
      expect(theirs?.map((record) => record?.text ?? null)).toEqual(
        mine?.map((record) => record?.text ?? null),
      );
    }
    expect(await to.history("acme", "erased")).toEqual([]);
    await using memory = await openMemory({ store: to });
    const alice = memory.scope({ tenant: "acme", userId: "alice" });
    expect((await alice.search("what does she drink?")).hits[0]?.text).toMatch(/tea|milk/);
    expect((await alice.add({ text: "Likes green tea" })).status).toBe("duplicate");
    expect((await alice.get("also"))?.id).toBe("kept");
    await from.close();
  });

  test("takes over what happens meanwhile, and copies nothing twice", async () => {
    const [from, to] = [createMemoryStore(), createMemoryStore()];
    await fill(from);
    await migrate(from, to);
    const sequence = await to.lastSequence("acme");
    expect(await copyChanges({ from, to, name: "source", signal })).toBe(0);
    expect(await copyChanges({ from, to, name: "forgotten", signal })).toBeGreaterThan(10);
    expect(await to.lastSequence("acme")).toBe(sequence);
    await using memory = await openMemory({ store: { ...from, close: async () => {} } });
    const alice = memory.scope({ tenant: "acme", userId: "alice" });
    await alice.update("kept", { text: "Likes coffee" });
    await alice.delete("again", { erase: true });
    await alice.session("chat").end();
    await memory.scope({ tenant: "new" }).session("chat").append({ role: "user", content: "hello" });
    expect(await differences(from, to)).not.toEqual([]);
    await migrate(from, to);
    expect(await differences(from, to)).toEqual([]);
  });

  test.each(ways)(
    "from $from to $to copies what the source's feed has forgotten",
    async ({ openFrom, openTo }) => {
      const [from, to] = [await openFrom(), await openTo()];
      await fill(from);
      await forgetFeed(from);
      await migrate(from, to);
      expect(await differences(from, to)).toEqual([]);
      expect((await to.history("acme", "plain")).map(({ change }) => change)).toEqual(["create", "delete"]);

      // Now the target sleeps while the source goes on and forgets.
      const memory = await openMemory({
        store: { ...from, close: async () => {} },
        jobs: "memory:",
        workers: 0,
      });
      const alice = memory.scope({ tenant: "acme", userId: "alice" });
      await alice.update("kept", { text: "Likes coffee" });
      await alice.delete("again", { erase: true });
      await alice.session("chat").end();
      await alice.session("fresh").append({ role: "user", content: "hello again" });
      await alice.add({ id: "late", text: "Likes juice" });
      await alice.update("late", { text: "Likes apple juice" });
      await memory.close();
      await forgetFeed(from);
      await from.forgetVersions("acme", ["kept", "late"], { newest: 1, since: null });
      await migrate(from, to);
      expect(await differences(from, to)).toEqual([]);
      expect(await to.history("acme", "again")).toEqual([]);
      expect(await copyChanges({ from, to, name: "source", signal })).toBe(0);
      await from.close();
      await to.close();
    },
  );

  test("goes on after it was cut off", async () => {
    const [from, to] = [createMemoryStore(), createMemoryStore()];
    await fill(from);
    for (let allowed = 1; ; allowed += 3) {
      let left = allowed;
      const failing: Store = {
        ...to,
        write: async (tenant, batch) => {
          if (left-- <= 0) throw new Error("cut off");
          return to.write(tenant, batch);
        },
      };
      const done = await migrate(from, failing).then(
        () => true,
        () => false,
      );
      if (done) break;
    }
    expect(await differences(from, to)).toEqual([]);
  });

  test("finds what differs", async () => {
    const [from, to] = [createMemoryStore(), createMemoryStore()];
    await fill(from);
    await migrate(from, to);
    const update = putRecord(makeRecord("x"), { expectedVersion: 1 });
    await to.write("default", { writes: [update], now: second(0) });
    await to.writeSession(sessionKey("more"), {
      operations: [{ operation: "append", messages: [makeMessage("m")] }],
      now: second(0),
    });
    expect(await differences(from, to)).toEqual([
      'Tenant "acme" has 2 sessions here, 3 there.',
      'The record "x" of tenant "default" differs.',
    ]);
  });

  test("copies sessions that came about by any operations", async () => {
    const property = fc.asyncProperty(
      fc.array(arbitraryOperation(), { maxLength: 6 }),
      async (operations) => {
        const [from, to] = [createMemoryStore(createBacking()), createMemoryStore(createBacking())];
        const now = new Date().toISOString();
        await from.writeSession(sessionKey("chat"), { operations, now }).catch(() => {});
        await migrate(from, to);
        expect(await differences(from, to)).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});

describe("memoir migrate", () => {
  test("copies, compares and says so", async () => {
    const from = await openSqliteStore({ path: join(folder, "from.db") });
    await fill(from);
    await from.close();
    const args = ["migrate", "--from", `sqlite:${folder}/from.db`, "--to", `sqlite:${folder}/to.db`];
    const first = await memoir([...args, "--to-working", `sqlite:${folder}/to-sessions.db`], { cwd: folder });
    expect([first.code, first.stdout]).toEqual([0, expect.stringContaining("Both are equal.")]);
    const again = await memoir(["--json", ...args, "--to-working", `sqlite:${folder}/to-sessions.db`], {
      cwd: folder,
    });
    expect(JSON.parse(again.stdout)).toEqual({
      tenants: 2,
      records: 5,
      sessions: 2,
      aliases: 1,
      differences: [],
    });
    const server = await memoir(["migrate", "--from", "http://127.0.0.1:9", "--to", "memory:"], {
      cwd: folder,
    });
    expect([server.code, server.stderr]).toEqual([2, expect.stringContaining("--from: is a server")]);
    const misspelt = await memoir(["migrate", "--from", "sqlite:form.db", "--to", "sqlite:new.db"], {
      cwd: folder,
    });
    expect([misspelt.code, misspelt.stderr]).toEqual([
      2,
      expect.stringContaining("--from: there is no file form.db"),
    ]);
    expect([existsSync(join(folder, "form.db")), existsSync(join(folder, "new.db"))]).toEqual([false, false]);
  });
});
