import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { settingsTable } from "../../scripts/settings-table.ts";
import { SETTING_NAMES } from "../../src/config/definitions.ts";
import { FIELD_KINDS } from "../../src/core/filter/fields.ts";
import { OPERATORS } from "../../src/core/filter/filter.ts";
import { ERROR_KINDS } from "../../src/index.ts";
import { readPage } from "./pages.ts";

/** The cells of each row of the table with these columns. */
function rows(page: string, columns: string): string[][] {
  const [, table = ""] = readPage(page).split(`\n| ${columns} |\n`);
  const [text = ""] = table.split("\n\n");
  const [, ...lines] = text.matchAll(/^\|(.+)\|$/gm);
  return lines.map(([, cells = ""]) => cells.split("|").map((cell) => cell.trim()));
}

/** What stands in backticks. */
function names(text = ""): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

test("docs/errors.md lists exactly the errors there are, as they are", () => {
  const shown = rows("docs/errors.md", "code | status | again | what to do").map((cells) =>
    cells.join(" | "),
  );
  const kinds = Object.entries(ERROR_KINDS).map(
    ([code, { status, retryable, remedy }]) =>
      `\`${code}\` | ${status} | ${retryable ? "yes" : "no"} | ${remedy}`,
  );
  expect(shown).toEqual(kinds);
});

describe("docs/filters.md", () => {
  test("lists every operator", () => {
    const shown = rows(
      "docs/filters.md",
      "operator | holds when the value | on a list such as `topics`",
    ).flatMap(([operators]) => names(operators));
    expect(shown.sort()).toEqual([...OPERATORS].sort());
  });

  test("lists every field by its kind", () => {
    const kinds: Record<string, string> = {
      text: "text",
      list: "list",
      number: "number",
      "yes or no": "boolean",
      instant: "instant",
    };
    const shown = rows("docs/filters.md", "kind | fields").flatMap(([kind = "", fields]) =>
      kind in kinds ? names(fields).map((name) => [name, kinds[kind]]) : [],
    );
    expect(Object.fromEntries(shown)).toEqual(FIELD_KINDS);
  });
});

test("docs/command-line.md lists every command", () => {
  const help = execFileSync("node", ["src/cli/main.ts", "--help"], { encoding: "utf8" });
  const [, list = ""] = help.split("\nCommands:\n");
  const commands = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  const shown = rows("docs/command-line.md", "command | does");
  const named = shown.flatMap(([cell]) => names(cell).map((text) => text.split(" ")[0]));
  expect(named.sort()).toEqual(commands.filter((name) => name !== "help").sort());
});

test("docs/configuration.md lists every setting as it is defined", () => {
  expect(SETTING_NAMES.length).toBeGreaterThan(20);
  expect(readPage("docs/configuration.md").endsWith(`\n${settingsTable()}`)).toBe(true);
});
