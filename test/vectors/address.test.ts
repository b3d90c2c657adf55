import { describe, expect, test } from "vitest";
import { MemoirError } from "../../src/core/errors.ts";
import { readAddress } from "../../src/vectors/external/address.ts";
import { asVectorIndexError } from "../../src/vectors/external/failures.ts";
import { collectionName, itemKey, positionKey } from "../../src/vectors/external/names.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";

describe("the address of a vector database", () => {
  test("names host, port, collection, key and parameters", () => {
    const { parameters, ...address } = readAddress(
      "milvus+https://root:s%3Ae@db.example:19530/notes?database=x",
    );
    expect(address).toEqual({
      scheme: "milvus",
      secure: true,
      host: "db.example",
      port: 19530,
      collection: "notes",
      user: "root",
      key: "s:e",
    });
    expect([...parameters]).toEqual([["database", "x"]]);
  });

  test("may leave out all but the scheme", () => {
    expect(readAddress("pinecone:")).toMatchObject({ host: "", port: null, collection: null, key: null });
    expect(readAddress("pinecone:notes?cloud=gcp")).toMatchObject({ host: "", collection: "notes" });
    expect(readAddress("qdrant://localhost")).toMatchObject({ host: "localhost", collection: null });
  });

  test.each(["", "notes", "://", "qdrant://h:port/x", "qdrant://h/a/b"])("%j is none", (url) => {
    expect(() => readAddress(url)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  test("that nobody knows is refused without its key", async () => {
    const space = { embedder: "test", dimensions: 3 };
    const error = await openVectorIndex("floppy://:geheim@h", { space }).catch(
      (reason: MemoirError) => reason,
    );
    expect(MemoirError.is(error)).toBe(true);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("geheim");
  });
});

describe("names in a vector database", () => {
  test("ids are UUIDs by RFC 9562, the same every time and different for each record", () => {
    // Reproduced with Python: uuid5(NAMESPACE_OID, '["item","acme","1"]').
    expect(itemKey("acme", "1")).toBe("f5c7f755-8eef-57f6-af14-3437d40b6fcf");
    const keys = [itemKey("acme", "1"), itemKey("acm", "e1"), itemKey("acme", "2"), positionKey("acme")];
    expect(new Set(keys).size).toBe(4);
    for (const key of keys)
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("collections can be read and never meet, however short a name must be", () => {
    const space = { embedder: "static-256", dimensions: 256 };
    expect(collectionName("agent_memory", space)).toMatch(/^agent_memory_static_256_256_[0-9a-f]{10}$/);
    const names = ["static-256", "static_256", "Static-256"].flatMap((embedder) =>
      [256, 2560].map((dimensions) => collectionName("x".repeat(60), { embedder, dimensions }, { most: 45 })),
    );
    expect(new Set(names).size).toBe(6);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(45);
  });
});

describe("errors of clients", () => {
  const error = (part: object) => Object.assign(new Error("it broke"), part);
  test.each([
    error({ code: "ECONNREFUSED" }),
    error({ status: 503 }),
    error({ statusCode: 429 }),
    error({ code: 14, details: "no connection" }),
    error({ cause: error({ cause: error({ code: "UND_ERR_CONNECT_TIMEOUT" }) }) }),
    new TypeError("fetch failed"),
    new Error("The request failed with status code: 503 and message: none"),
    new Error("Unexpected Response: 429 (Too Many Requests)"),
  ])("%o means that the engine is away", (cause) => {
    expect(asVectorIndexError("acme", cause)).toMatchObject({
      code: "vectors_unavailable",
      retryable: true,
      cause,
    });
  });

  test.each([error({ status: 401 }), error({ status: 400 }), error({ code: 3, details: "bad" }), "text"])(
    "%o means that it refused",
    (cause) => {
      expect(asVectorIndexError("acme", cause)).toMatchObject({
        code: "vectors_failed",
        retryable: false,
        cause,
      });
    },
  );
});
