import { expect, test } from "vitest";
import { openMemory } from "../../../src/index.ts";
import { readAddress } from "../../../src/stores/postgres/address.ts";

test("a URL without options has the defaults", () => {
  expect(readAddress("postgres://u:p@db:5433/app")).toEqual({
    connectionString: "postgres://u:p@db:5433/app",
    schema: "memoir",
    poolSize: 10,
    timeoutMs: 30_000,
    partitions: 0,
    notify: true,
    replicas: [],
  });
});

test("options of its own are taken out, and those of libpq handed on with libpq's meaning", () => {
  const address = readAddress(
    "postgresql://db/app?schema=Team%20One&pool=3&timeout=500&partitions=8&notify=off&archive=on&version_control=true&sslmode=require",
  );
  expect(address).toMatchObject({
    schema: "Team One",
    poolSize: 3,
    timeoutMs: 500,
    partitions: 8,
    notify: false,
  });
  expect(new URL(address.connectionString).search).toBe("?sslmode=require&uselibpqcompat=true");
});

test("replicas are URLs of their own, as many as are named, with options of libpq", () => {
  const replica = (url: string) => `replica=${encodeURIComponent(url)}`;
  const url = `postgres://db/app?${replica("postgres://u:p@one/app")}&pool=3&${replica("postgres://two/app?sslmode=require")}`;
  expect(readAddress(url)).toMatchObject({
    connectionString: "postgres://db/app",
    poolSize: 3,
    replicas: ["postgres://u:p@one/app", "postgres://two/app?sslmode=require&uselibpqcompat=true"],
  });
});

const wrong: [field: string, query: string][] = [
  ["store.pool", "pool=0"],
  ["store.pool", "pool=many"],
  ["store.notify", "notify=seldom"],
  ["store.timeout", "timeout=-5"],
  ["store.timeout", "timeout=1.5"],
  ["store.schema", "schema="],
  ["store.schema", "schema=pg_mine"],
  ["store.schema", `schema=${"s".repeat(64)}`],
  ["store.partitions", "partitions=0"],
  ["store.archive", "archive=off"],
  ["store.version_control", "version_control=false"],
  ["store.poolsize", "poolsize=5"],
  ["store.replica", "replica="],
  ["store.replica", "replica=redis://me:hush@db"],
  ["store.replica", "replica=postgres://me:hush@db:none/app"],
  ["store.replica", "replica=postgres://me:hush@db/app%3Fschema=other"],
];

test.each(wrong)("%s is named when it is wrong: %s", async (field, query) => {
  const error = await openMemory(`postgres://user:hush@127.0.0.1:1/app?${query}`).catch((caught) => caught);
  expect(error).toMatchObject({ code: "invalid_input", details: { fields: [field] } });
  expect(JSON.stringify(error) + error.stack).not.toContain("hush");
});

test("the password is in no error, whatever went wrong", async () => {
  for (const url of [
    "postgres://user:hush@127.0.0.1:1/app?timeout=2000",
    "postgres://user:hush@127.0.0.1:notaport/app",
    "postgres://user:hush@127.0.0.1:1/app?sslmode=verify-ca",
    "postgres://user:hush@127.0.0.1:1/app?sslmode=require&sslrootcert=/nowhere",
  ]) {
    const error = await openMemory(url).catch((caught) => caught);
    expect(error.code, url).toMatch(/^(invalid_input|store_unavailable)$/);
    const seen = [error, error.cause, error.cause?.cause].map((one) => `${JSON.stringify(one)}${one?.stack}`);
    expect(seen.join()).not.toContain("hush");
  }
});
