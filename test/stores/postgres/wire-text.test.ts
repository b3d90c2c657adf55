import fc from "fast-check";
import { expect, test } from "vitest";
import { compareCodePoints } from "../../../src/core/filter/evaluate.ts";
import { decodeJson, decodeText, encodeJson, encodeValue } from "../../../src/stores/postgres/wire-text.ts";

const text = () =>
  fc.string({
    unit: fc.constantFrom("\0", "\u0001", "\u0002", "a", '"', "\\", "é", "\u{10000}"),
    maxLength: 12,
  });

test("text comes back as it was, and has no NUL on the way", () => {
  fc.assert(
    fc.property(text(), (given) => {
      const sent = encodeValue(given);
      expect(sent).not.toContain("\0");
      expect(decodeText(sent)).toBe(given);
    }),
  );
});

test("what is sent has the order and the beginnings of what was given", () => {
  fc.assert(
    fc.property(text(), text(), (one, other) => {
      const [left, right] = [encodeValue(one) ?? "", encodeValue(other) ?? ""];
      expect(Math.sign(compareCodePoints(left, right))).toBe(Math.sign(compareCodePoints(one, other)));
      expect(left.startsWith(right)).toBe(one.startsWith(other));
    }),
  );
});

test("JSON comes back as it was, keys too, and PostgreSQL can take its strings apart", () => {
  const value = fc.dictionary(text(), fc.oneof(text(), fc.array(text(), { maxLength: 3 })), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(value, (given) => {
      const sent = encodeJson(given);
      expect(sent).not.toMatch(/(^|[^\\])(\\\\)*\\u0000/);
      expect(decodeJson(sent)).toEqual(given);
    }),
  );
});
