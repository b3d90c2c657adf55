import { expect, test } from "vitest";
import { ERROR_KINDS } from "../../src/index.ts";
import { readPage } from "./pages.ts";

const ROW = /^\| `(?<code>\w+)` \| (?<status>\d{3}) \| (?<again>yes|no) \| (?<remedy>.+) \|$/gm;

test("docs/errors.md lists exactly the errors there are, as they are", () => {
  const rows = [...readPage("docs/errors.md").matchAll(ROW)].map(({ groups }) => ({ ...groups }));
  const table = Object.entries(ERROR_KINDS).map(([code, { status, retryable, remedy }]) => ({
    code,
    status: String(status),
    again: retryable ? "yes" : "no",
    remedy,
  }));
  expect(rows).toEqual(table);
});
