import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseInstant } from "../../src/core/time.ts";
import { readLooseInstant } from "../../src/evaluation/dates.ts";

describe("reading instants as people write them", () => {
  test.each([
    ["1:56 pm on 8 May, 2023", "2023-05-08T13:56:00Z"],
    ["12:24 am on 7 April, 2023", "2023-04-07T00:24:00Z"],
    ["March-15-2024", "2024-03-15T00:00:00Z"],
    ["2024年04月01日 周一 08:30", "2024-04-01T08:30:00Z"],
    ["2023/05/20 (Sat) 02:21", "2023-05-20T02:21:00Z"],
    ["Mar 15, 2024 10:00 EST", "2024-03-15T15:00:00Z"],
    ["2024-03-15T10:00:00+02:00", "2024-03-15T08:00:00Z"],
    ["2024-03-15", "2024-03-15T00:00:00Z"],
    [1_700_000_000, "2023-11-14T22:13:20Z"],
  ])("%j is %s", (text, instant) => {
    expect(readLooseInstant(text)).toBe(instant);
  });

  test.each([
    ["tomorrow"],
    ["Friday"],
    ["8 May"],
    ["yesterday at 3pm"],
    ["at noon"],
    ["2024-13-45"],
    ["soon"],
    [""],
    [null],
    [undefined],
    [{}],
    [Number.NaN],
  ])("%j names no instant that is the same every day", (text) => {
    expect(readLooseInstant(text)).toBeNull();
  });

  test("does not depend on the time zone of the machine", () => {
    const zone = process.env["TZ"];
    try {
      for (const here of ["America/New_York", "Asia/Kolkata", "Pacific/Auckland"]) {
        process.env["TZ"] = here;
        expect(readLooseInstant("1:56 pm on 8 May, 2023")).toBe("2023-05-08T13:56:00Z");
      }
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("agrees with the strict reader wherever that reads, and never throws", () => {
    const instants = fc.date({
      noInvalidDate: true,
      min: new Date("0001-01-01"),
      max: new Date("9999-12-31"),
    });
    fc.assert(
      fc.property(instants, (date) => {
        expect(readLooseInstant(date.toISOString())).toBe(parseInstant(date.toISOString(), "x"));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = readLooseInstant(text);
        if (found !== null) expect(parseInstant(found, "x")).toBe(found);
      }),
    );
  });
});
