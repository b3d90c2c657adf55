import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type {
  AddResult,
  ForgetResult,
  MemoryRecord,
  RecordPage,
  RecordVersion,
  SearchResult,
} from "../../src/index.ts";
import { openMemory } from "../../src/index.ts";
import { memoir, onFolder, temporaryFolder } from "./memoir.ts";

describe("add", () => {
  test("keeps every field it is given, and says what became of it", async () => {
    const cli = onFolder(temporaryFolder());
    const { record, status } = await cli.json<AddResult>(
      ...[
        "add",
        "Alice",
        "prefers aisle seats",
        "--id",
        "seat",
        "--type",
        "episodic",
        "--topics",
        "travel,seats",
      ],
      ...["--topics", "planes", "--entities", "Alice", "--event-date", "2024-05-04", "--importance", "0.9"],
      ...["--metadata", '{"source":"chat"}', "--pinned", "--namespace", "trips", "--user", "alice"],
      ...["--agent", "planner", "--session", "s1"],
    );
    expect(status).toBe("created");
    expect(record).toMatchObject({
      id: "seat",
      text: "Alice prefers aisle seats",
      type: "episodic",
      topics: ["travel", "seats", "planes"],
      entities: ["Alice"],
      eventDate: "2024-05-04T00:00:00Z",
      importance: 0.9,
      metadata: { source: "chat" },
      pinned: true,
      namespace: "trips",
      userId: "alice",
      agentId: "planner",
      sessionId: "s1",
    });
  });

  test("reads standard input as one text, line ends inside kept", async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await memoir(["--data", folder, "--json", "add", "-"], { input: "one\ntwo\n" });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as AddResult).record.text).toBe("one\ntwo");
    const empty = await memoir(["--data", folder, "add", "-"], { input: "\n" });
    expect(empty).toMatchObject({ code: 2, stdout: "" });
  });

  test("tells a repetition apart", async () => {
    const cli = onFolder(temporaryFolder());
    const first = await cli.json<AddResult>("add", "Tea at four");
    const second = await cli.json<AddResult>("add", "Tea at four");
    expect(second).toMatchObject({ status: "duplicate", record: { id: first.record.id } });
  });
});

describe("search", () => {
  test("finds by meaning and words inside the scope, and nothing outside it", async () => {
    const cli = onFolder(temporaryFolder());
    await cli.run(
      "add",
      "The kettle is in the kitchen",
      "--id",
      "kettle",
      "--user",
      "alice",
      "--topics",
      "home",
    );
    await cli.run("add", "The kettle is broken", "--id", "other", "--user", "bob", "--topics", "work");
    const found = await cli.json<SearchResult>(
      "search",
      "where",
      "is the kettle?",
      "--user",
      "alice",
      "--explain",
    );
    expect(found.hits.map((hit) => hit.id)).toEqual(["kettle"]);
    expect(found.hits[0]?.explanation?.matched.length).toBeGreaterThan(0);
    expect(found.confidence).toBeGreaterThanOrEqual(0);
    const byTopic = await cli.json<SearchResult>("search", "kettle", "--topics", "work");
    expect(byTopic.hits.map((hit) => hit.id)).toEqual(["other"]);
    const both = await cli.json<SearchResult>(
      "search",
      "kettle",
      "--topics",
      "work",
      "--filter",
      '{"userId":"alice"}',
    );
    expect(both).toMatchObject({ hits: [], total: 0 });
    const limited = await cli.json<SearchResult>(
      "search",
      "kettle",
      "--limit",
      "1",
      "--mode",
      "keyword",
      "--recency",
    );
    expect(limited).toMatchObject({ total: 2, nextOffset: 1 });
    expect(limited.hits).toHaveLength(1);
  });

  test("searches the past", async () => {
    const cli = onFolder(temporaryFolder());
    await cli.run("add", "Lives in Paris", "--id", "home");
    const past = (await cli.json<MemoryRecord>("get", "home")).updatedAt;
    await cli.run("update", "home", "--text", "Lives in Rome");
    const then = await cli.json<SearchResult>("search", "lives", "--as-of", past);
    expect(then.hits[0]?.text).toBe("Lives in Paris");
    expect((await cli.json<MemoryRecord>("get", "home", "--as-of", past)).text).toBe("Lives in Paris");
  });

  test("shows text on one line without control characters", async () => {
    const cli = onFolder(temporaryFolder());
    await cli.run("add", "red \u001b[31mtea\u0007\nand milk");
    const { stdout } = await cli.run("search", "tea");
    expect(stdout).toMatch(/^\d\.\d\d {2}red \[31mtea and milk$/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe("list", () => {
  test("gives pages that a cursor continues, and everything as JSON Lines", async () => {
    const cli = onFolder(temporaryFolder());
    for (const id of ["a", "b", "c"]) await cli.run("add", `text ${id}`, "--id", id, "--topics", id);
    const first = await cli.json<RecordPage>("list", "--limit", "2", "--order", "oldest");
    expect(first.records.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(first.total).toBe(3);
    const rest = await cli.json<RecordPage>(
      ...["list", "--limit", "2", "--order", "oldest", "--cursor", String(first.cursor)],
    );
    expect(rest).toMatchObject({ cursor: null, records: [{ id: "c" }] });
    const all = await cli.lines<MemoryRecord>("list", "--all", "--limit", "1", "--order", "oldest");
    expect(all.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    const some = await cli.json<RecordPage>("list", "--filter", '{"topics":{"any":["b","c"]}}');
    expect(some.total).toBe(2);
    const { stdout } = await cli.run("list");
    expect(stdout.split("\n")[0]).toMatch(/^ID +TYPE +CREATED +TEXT$/);
    expect(stdout).toContain("3 of 3");
  });
});

describe("get, update, history, delete", () => {
  test("follow a record through its life", async () => {
    const cli = onFolder(temporaryFolder());
    await cli.run("add", "first", "--id", "r", "--pinned");
    const updated = await cli.json<MemoryRecord>(
      ...[
        "update",
        "r",
        "--text",
        "second",
        "--no-pinned",
        "--topics",
        "x",
        "--patch",
        '{"eventDate":"2024-01-01"}',
      ],
      ...["--expected-version", "1", "--reason", "a better word"],
    );
    expect(updated).toMatchObject({
      text: "second",
      pinned: false,
      topics: ["x"],
      eventDate: "2024-01-01T00:00:00Z",
      version: 2,
    });
    const stale = await cli.run("--json", "update", "r", "--text", "third", "--expected-version", "1");
    expect(stale.code).toBe(4);
    expect(JSON.parse(stale.stderr)).toMatchObject({ error: { code: "version_conflict" } });
    const versions = await cli.lines<RecordVersion>("history", "r");
    expect(versions.map(({ version, change, reason }) => [version, change, reason])).toEqual([
      [1, "create", null],
      [2, "update", "a better word"],
    ]);
    const deleted = await cli.run("--json", "delete", "r", "nobody");
    expect(deleted.code).toBe(3);
    expect(JSON.parse(deleted.stdout)).toEqual({ deleted: ["r"], missing: ["nobody"] });
    const gone = await cli.run("get", "r");
    expect(gone).toMatchObject({ code: 3, stdout: "" });
    expect(gone.stderr).toContain('"r"');
    expect(await cli.lines("history", "r")).toHaveLength(3);
  });

  test("a record outside the scope is not found", async () => {
    const cli = onFolder(temporaryFolder());
    await cli.run("add", "secret", "--id", "r", "--user", "alice");
    expect((await cli.run("get", "r", "--user", "bob")).code).toBe(3);
    expect((await cli.run("update", "r", "--text", "x", "--user", "bob")).code).toBe(3);
    expect((await cli.run("history", "r", "--user", "bob")).code).toBe(3);
    expect((await cli.run("add", "mine", "--id", "r", "--user", "bob")).code).toBe(4);
  });
});

describe("forget", () => {
  test("names what a policy calls stale, and deletes it only when told to", async () => {
    const folder = temporaryFolder();
    const memory = await openMemory(`sqlite:${join(folder, "memory.db")}`);
    await memory.scope({ userId: "alice" }).add(["a", "b", "c"].map((id) => ({ id, text: `Fact ${id}` })));
    await memory.scope({ userId: "bob" }).add("Of somebody else");
    const cli = onFolder(folder);
    const policy = ["forget", "--user", "alice", "--budget", "1", "--keep", "a"];
    const told = await cli.json<ForgetResult>(...policy);
    expect(told).toMatchObject({ scanned: 3, deleted: 1, dryRun: true });
    expect((await memory.list()).total).toBe(4);
    const done = await cli.json<ForgetResult>(...policy, "--no-dry-run", "--reason", "too many");
    expect(done).toEqual({ ...told, dryRun: false });
    expect((await memory.list()).total).toBe(3);
    const versions = await memory.history(done.deletedIds[0] ?? "");
    expect(versions.at(-1)).toMatchObject({ change: "forget", reason: "too many" });
    await memory.close();
  });

  test("refuses a type there is not", async () => {
    const failed = await memoir(["--data", temporaryFolder(), "forget", "--types", "fact", "--budget", "1"]);
    expect([failed.code, failed.stderr]).toEqual([
      2,
      expect.stringContaining("types.0: must be one of semantic"),
    ]);
  });
});
