import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createClient } from "redis";
import { expect, onTestFinished, test } from "vitest";
import { type Memory, openMemory } from "../../src/index.ts";
import { ownSchema } from "../conformance/emptied.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";
import { scratchPath } from "./sqlite/scratch.ts";

/** Stands in everything that a person may want to be gone. */
const SECRET = "Zyxomma";
const KEPT = "Orthetrum";

/** Two records with a past; erases one, which had another merged into it. */
async function eraseOne(memory: Memory): Promise<void> {
  const alice = memory.scope({ userId: "alice" });
  await alice.add({ id: "kept", text: `Saw an ${KEPT}` });
  const secret = { text: `Saw a ${SECRET} by the river`, topics: [SECRET], metadata: { place: SECRET } };
  await alice.add({ id: "gone", ...secret }, { reason: `told of ${SECRET}`, idempotencyKey: "add" });
  await alice.add({ id: "merged", ...secret });
  await alice.update(
    "gone",
    { text: `Saw two ${SECRET} by the lake`, entities: [SECRET] },
    { actor: SECRET, idempotencyKey: "update" },
  );
  expect((await alice.search(SECRET)).hits[0]?.id).toBe("gone");
  await alice.delete("gone", { reason: `${SECRET} must go` });
  expect(await alice.history("gone")).toHaveLength(3);
  await alice.delete(["gone", "merged"], { erase: true, idempotencyKey: "erase" });
  expect((await alice.search(SECRET)).hits.map(({ id }) => id)).not.toContain("gone");
  expect(await alice.history("gone")).toEqual([]);
}

/** Where in these contents a text still stands. */
function places(contents: Iterable<readonly [string, Buffer | string]>, text: string): string[] {
  return [...contents].flatMap(([place, content]) => (content.includes(text) ? [place] : []));
}

test("SQLite has no byte of what was erased in its files, while they are open and afterwards", async () => {
  const path = scratchPath();
  const memory = await openMemory(`sqlite:${path}`);
  await eraseOne(memory);
  const files = () =>
    readdirSync(dirname(path)).map(
      (name) => [name, readFileSync(`${dirname(path)}/${name}`)] as [string, Buffer],
    );
  expect(places(files(), SECRET)).toEqual([]);
  expect(places(files(), KEPT)).toContain("memory.db");
  await memory.close();
  expect(places(files(), SECRET)).toEqual([]);
  expect(places(files(), KEPT)).toEqual(["memory.db"]);
});

const connect = (url: string) => createClient({ url }).connect();

type Client = Awaited<ReturnType<typeof connect>>;

await withServer("redis", ({ url }) => {
  test("Redis has no key with anything of what was erased", async () => {
    const prefix = freshPrefix();
    await using memory = await openMemory(`${url}?prefix=${prefix}`, { jobs: "memory:" });
    await eraseOne(memory);
    const client = await connect(url);
    onTestFinished(() => client.close());
    const contents: [string, string][] = [];
    for await (const page of client.scanIterator({ MATCH: `${prefix}:*` }))
      for (const key of page) contents.push([key, key], [key, JSON.stringify(await read(client, key))]);
    expect(places(contents, SECRET)).toEqual([]);
    expect(places(contents, KEPT)).toContain(`${prefix}:tenant:{default}:records`);
  });
});

/** All that a key holds. */
async function read(client: Client, key: string): Promise<unknown> {
  const type = await client.type(key);
  switch (type) {
    case "string":
      return client.get(key);
    case "hash":
      return client.hGetAll(key);
    case "list":
      return client.lRange(key, 0, -1);
    case "set":
      return client.sMembers(key);
    case "zset":
      return client.zRange(key, 0, -1);
    case "stream":
      return client.xRange(key, "-", "+");
    default:
      throw new Error(`${key} is a ${type}`);
  }
}

await withServer("postgres", async (server) => {
  const { url, query, schema } = await ownSchema(server.url);

  test("PostgreSQL has no row with anything of what was erased", async () => {
    await using memory = await openMemory(url, { jobs: "memory:" });
    await eraseOne(memory);
    const tables = await query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1",
      [schema],
    );
    const contents: [string, string][] = [];
    for (const { name } of tables)
      for (const { text } of await query<{ text: string }>(
        `SELECT t::text AS text FROM ${schema}."${name}" t`,
      ))
        contents.push([name, text]);
    expect(places(contents, SECRET)).toEqual([]);
    expect(places(contents, KEPT)).toContain("versions");
  });
});
