import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import {
  compareInstants,
  formatMilliseconds,
  fromInstantKey,
  type InstantInput,
  instantKey,
  parseInstant,
  toMilliseconds,
} from "../../src/core/time.ts";

const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

/** An instant by whole microseconds since 1970, written by other means than the code under test. */
function instantOf(microseconds: bigint): string {
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((microseconds - rest) / 1_000_000n);
  const head = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (rest === 0n) return `${head}Z`;
  const digits = rest.toString().padStart(6, "0");
  return digits.endsWith("000") ? `${head}.${digits.slice(0, 3)}Z` : `${head}.${digits}Z`;
}

const moment = () => fc.bigInt({ min: FIRST, max: LAST });

describe("reading an instant", () => {
  const forms: [InstantInput, string][] = [
    ["2026-05-04", "2026-05-04T00:00:00Z"],
    ["2026-05-04T09:30", "2026-05-04T09:30:00Z"],
    ["2026-05-04 09:30:00", "2026-05-04T09:30:00Z"],
    ["2026-05-04T09:30:00Z", "2026-05-04T09:30:00Z"],
    ["2026-05-04T09:30:00z", "2026-05-04T09:30:00Z"],
    [" 2026-05-04T09:30:00 Z ", "2026-05-04T09:30:00Z"],
    ["2026-05-04T09:30:00+02:00", "2026-05-04T07:30:00Z"],
    ["2026-05-04T09:30:00-0530", "2026-05-04T15:00:00Z"],
    ["2026-05-04T00:30:00+01", "2026-05-03T23:30:00Z"],
    ["2026-05-04T09:30:00.5Z", "2026-05-04T09:30:00.500Z"],
    ["2026-05-04T09:30:00,25Z", "2026-05-04T09:30:00.250Z"],
    ["2026-05-04T09:30:00.000Z", "2026-05-04T09:30:00Z"],
    ["2026-05-04T09:30:00.000001Z", "2026-05-04T09:30:00.000001Z"],
    ["2026-05-04T09:30:00.123456789Z", "2026-05-04T09:30:00.123456Z"],
    ["2024-02-29", "2024-02-29T00:00:00Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
    [new Date("2026-05-04T09:30:00.007Z"), "2026-05-04T09:30:00.007Z"],
    [0, "1970-01-01T00:00:00Z"],
    [1_777_887_000, "2026-05-04T09:30:00Z"],
    [1_777_887_000.25, "2026-05-04T09:30:00.250Z"],
    [1_777_887_000_000, "2026-05-04T09:30:00Z"],
    [1_777_887_000_001.5, "2026-05-04T09:30:00.001500Z"],
    [-1, "1969-12-31T23:59:59Z"],
    [-0.000001, "1969-12-31T23:59:59.999999Z"],
  ];

  test.each(forms)("%s is %s", (input, expected) => {
    expect(parseInstant(input, "when")).toBe(expected);
  });

  const wrong: unknown[] = [
    "",
    "yesterday",
    "2026",
    "2026-5-4",
    "2026-13-01",
    "2026-00-10",
    "2026-04-31",
    "2025-02-29",
    "2026-05-04T24:00:00Z",
    "2026-05-04T09:60:00Z",
    "2026-05-04T09:30:60Z",
    "2026-05-04T09:30:00+24:00",
    "2026-05-04T09:30:00+01:60",
    "2026-05-04T09:30:00.Z",
    "2026-05-04T09:30:00.1234567890Z",
    "0000-12-31T23:59:59Z",
    "10000-01-01",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    new Date(Number.NaN),
    new Date(8.64e15),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e20,
    null,
    undefined,
    true,
    {},
    ["2026-05-04"],
  ];

  test.each(wrong)("%s is refused by the name of its field", (input) => {
    const parse = () => parseInstant(input as InstantInput, ["records", 0, "eventDate"]);
    expect(parse).toThrow(ValidationError);
    expect(parse).toThrow(/^records\.0\.eventDate: must be an instant/);
  });

  test("gives the same for every zone an instant may be written in", () => {
    const zone = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0002-01-01"), max: new Date("9998-12-31"), noInvalidDate: true }),
        zone,
        (date, minutes) => {
          const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
          const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
          const offset = `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
          expect(parseInstant(local + offset, "when")).toBe(parseInstant(date, "when"));
        },
      ),
    );
  });
});

describe("an instant", () => {
  test("is written in one form only", () => {
    fc.assert(
      fc.property(moment(), (microseconds) => {
        const instant = instantOf(microseconds);
        expect(parseInstant(instant, "when")).toBe(instant);
      }),
    );
  });

  test("orders by its key exactly as time does", () => {
    const near = fc.bigInt({ min: -1_000_000n, max: 1_000_000n });
    fc.assert(
      fc.property(moment(), near, (one, distance) => {
        const other = one + distance < FIRST || one + distance > LAST ? one : one + distance;
        const [left, right] = [instantOf(one), instantOf(other)];
        const order = one < other ? -1 : one > other ? 1 : 0;
        expect(compareInstants(left, right)).toBe(order);
        const [a, b] = [instantKey(left), instantKey(right)];
        expect(a < b ? -1 : a > b ? 1 : 0).toBe(order);
      }),
      { numRuns: 1000 },
    );
  });

  test("comes back from its key, and keys are of one length", () => {
    fc.assert(
      fc.property(moment(), (microseconds) => {
        const instant = instantOf(microseconds);
        expect(instantKey(instant)).toHaveLength(27);
        expect(fromInstantKey(instantKey(instant))).toBe(instant);
      }),
    );
  });

  test("is exact in milliseconds, its microseconds as their fraction", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (milliseconds) => {
        expect(toMilliseconds(formatMilliseconds(milliseconds))).toBe(milliseconds);
      }),
    );
    expect(toMilliseconds("2026-05-04T09:30:00.000250Z")).toBeCloseTo(1_777_887_000_000.25, 3);
  });
});
