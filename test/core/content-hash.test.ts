import { describe, expect, test } from "vitest";
import { contentHash, duplicateKey, sha256Hex } from "../../src/core/content-hash.ts";
import type { RecordType } from "../../src/core/record.ts";

const TEA = {
  type: "semantic" as RecordType,
  namespace: null,
  sessionId: null,
  text: "Likes tea",
  userId: "alice",
};

describe("the content hash", () => {
  // Both were computed with Python's hashlib and json.dumps(…, sort_keys=True).
  test("is that of the wire contract", () => {
    expect(contentHash(TEA)).toBe("e2a1c1aa031e4742ed281c9ecc88e0ede2ac709a7018790f8766f69329218dfe");
  });

  test("escapes what is not ASCII, control characters and quotes as Python does", () => {
    const text = 'café 😀 "quoted" \\ \0\u001f\u007f\n\u2028';
    const odd = { type: "episodic" as RecordType, namespace: "a/b", sessionId: "chat", text, userId: null };
    expect(contentHash(odd)).toBe("b88b8ffacb2f5c238106c990c2e417be03da94a6dba88e51db98eacaa7be1440");
  });

  test("differs with every field that it covers", () => {
    const variants = [
      TEA,
      { ...TEA, type: "procedural" as RecordType },
      { ...TEA, namespace: "n" },
      { ...TEA, sessionId: "s" },
      { ...TEA, text: "likes tea" },
      { ...TEA, userId: null },
      { ...TEA, userId: "null" },
    ];
    expect(new Set(variants.map(contentHash)).size).toBe(variants.length);
  });

  test("is SHA-256", () => {
    expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});

describe("the duplicate key", () => {
  const record = {
    type: "semantic" as RecordType,
    hash: contentHash(TEA),
    agentId: null,
    speaker: null,
    eventDate: null,
  };

  test("is the hash of a plain record", () => {
    expect(duplicateKey(record)).toBe(record.hash);
  });

  test("differs with agent, speaker and date", () => {
    const variants = [
      record,
      { ...record, agentId: "a" },
      { ...record, speaker: "a" },
      { ...record, eventDate: "2026-05-04T00:00:00Z" },
      { ...record, agentId: "a", speaker: "a" },
    ];
    expect(new Set(variants.map(duplicateKey)).size).toBe(variants.length);
  });

  test("is none for a kept turn", () => {
    expect(duplicateKey({ ...record, type: "message" })).toBeNull();
  });
});
