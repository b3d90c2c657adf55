import fc from "fast-check";
import { expect, test } from "vitest";
import { hashTerm, PackedFeatures, packFeatures, readGroup } from "../../src/core/features.ts";

const number = fc.double({ noNaN: true });
const label = fc.option(fc.string({ unit: "grapheme" }));
const features = fc.record({
  terms: fc.array(fc.string({ unit: "grapheme" })),
  traits: fc.record({
    speaker: label,
    session: label,
    time: number,
    createdAt: number,
    importance: number,
    asks: fc.boolean(),
    tellsTime: fc.boolean(),
    instructs: fc.boolean(),
  }),
  group: fc.record({
    type: fc.constantFrom("semantic" as const, "episodic" as const),
    namespace: label,
    userId: label,
    agentId: label,
    validFrom: label,
    validTo: label,
    expiresAt: label,
  }),
});

function hashOf(term: string): string {
  const hash = new Uint32Array(2);
  hashTerm(term, hash, 0);
  return hash.join();
}

test("what was packed is unpacked again, wherever its bytes lie", () => {
  fc.assert(
    fc.property(features, fc.nat({ max: 16 }), (packed, offset) => {
      const bytes = packFeatures(packed);
      const moved = new Uint8Array(bytes.length + offset + 3).subarray(offset, offset + bytes.length);
      moved.set(bytes);
      const found = new PackedFeatures(moved);
      const text = (utf8: Uint8Array | null) => utf8 && new TextDecoder().decode(utf8);
      const { time, createdAt, importance, asks, tellsTime, instructs } = found;
      const texts = { speaker: text(found.speaker), session: text(found.session) };
      expect({ time, createdAt, importance, asks, tellsTime, instructs, ...texts }).toEqual(packed.traits);
      expect(readGroup(found.group)).toEqual(packed.group);
      const words = packed.terms.map((_, index) =>
        [0, 4].map((at) => found.view.getUint32(found.hashesAt + 8 * index + at, true)).join(),
      );
      expect(found.count).toBe(words.length);
      expect(words).toEqual(packed.terms.map(hashOf));
    }),
  );
});

test("records agree in the text of their group when they agree in its fields", () => {
  fc.assert(
    fc.property(features, features, (left, right) => {
      const textOf = (one: typeof left) =>
        Buffer.from(new PackedFeatures(packFeatures(one)).group).toString();
      expect(textOf({ ...left, group: right.group })).toBe(textOf(right));
      expect(textOf(left) === textOf(right)).toBe(JSON.stringify(left.group) === JSON.stringify(right.group));
    }),
  );
});

test("terms that are much alike have hashes of their own, in which every bit counts", () => {
  const alike = Array.from({ length: 40_000 }, (_, n) => [
    `${n}`,
    `word${n}`,
    `${n}word`,
    "水".repeat(n % 200) + n,
  ]);
  const terms = [...new Set(alike.flat())];
  expect(new Set(terms.map(hashOf)).size).toBe(terms.length);
  // As many different halves as chance gives: n terms have some n²/2³³ pairs with the same half.
  for (const half of [0, 1]) {
    const halves = new Set(terms.map((term) => hashOf(term).split(",")[half]));
    expect(terms.length - halves.size).toBeLessThan(20);
    // Tables are addressed by the lowest bits.
    const places = new Set(terms.map((term) => Number(hashOf(term).split(",")[half]) & 0xffff));
    expect(places.size).toBeGreaterThan(0xffff * 0.85);
  }
});
