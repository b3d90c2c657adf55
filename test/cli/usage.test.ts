import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodeTable } from "../../src/cli/exit-codes.ts";
import { nodeProblem } from "../../src/core/node-version.ts";
import { ended, memoir, onFolder, start, temporaryFolder, writeLines } from "./memoir.ts";

describe("help", () => {
  test("names every command and every exit code", async () => {
    const { code, stdout } = await memoir(["--help"]);
    expect(code).toBe(0);
    for (const name of ["serve", "add", "search", "list", "import", "export", "eval", "doctor"])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
    expect(stdout).toContain(exitCodeTable());
    expect(exitCodeTable()).toMatch(/^ {2}130 /m);
  });

  test("of a command names its options and the global ones", async () => {
    const { stdout } = await memoir(["search", "--help"]);
    for (const option of ["--min-score", "--as-of", "--store", "--namespace", "--json"])
      expect(stdout).toContain(option);
    expect((await memoir(["help", "search"])).stdout).toBe(stdout);
  });

  test("is what a call without a command gives, as a mistake", async () => {
    const { code, stderr } = await memoir([]);
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: memoir");
  });

  test("the version is the package's", async () => {
    const { stdout } = await memoir(["--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("errors", () => {
  const mistakes: [string, string[], number, string][] = [
    ["an unknown command", ["fly"], 2, "unknown command 'fly'"],
    ["an unknown option", ["list", "--fly"], 2, "unknown option '--fly'"],
    ["a missing argument", ["add"], 2, "missing required argument"],
    ["a number that is none", ["list", "--limit", "many"], 2, "whole number"],
    ["a number out of range", ["list", "--limit", "5000"], 2, "limit"],
    ["broken JSON", ["search", "x", "--filter", "{"], 2, "JSON object"],
    ["an unknown field in a filter", ["search", "x", "--filter", '{"colour":"red"}'], 2, "colour"],
    ["an unknown kind", ["add", "x", "--type", "feeling"], 2, "semantic"],
    ["an unknown embedder", ["add", "x", "--embedder", "magic"], 2, "--embedder"],
    ["an unknown store", ["list", "--store", "floppy:x"], 2, "sqlite:"],
    ["a store that is no URL", ["list", "--store", "x"], 2, "--store"],
    ["an unknown vector database", ["search", "x", "--vectors", "floppy://h"], 2, "chroma:"],
    ["a vector database that is no URL", ["search", "x", "--vectors", "x"], 2, "--vectors"],
    ["a server that is not there", ["list", "--store", "http://127.0.0.1:9"], 5, "127.0.0.1:9"],
    [
      "a reranker for a server",
      ["list", "--store", "http://127.0.0.1:9", "--reranker", "late-interaction"],
      2,
      "--reranker: is the server's choice",
    ],
    ["a session that is not there", ["sessions", "nobody"], 3, "nobody"],
  ];

  test.each(mistakes)(
    "%s: one sentence and what to do, for people and programs",
    async (_, args, code, part) => {
      const cli = onFolder(temporaryFolder());
      const said = await cli.run(...args);
      expect(said).toMatchObject({ code, stdout: "" });
      expect(said.stderr).toContain(part);
      expect(said.stderr.trimEnd().split("\n")).toHaveLength(2);
      const told = await cli.run(...args, "--json");
      expect(told).toMatchObject({ code, stdout: "" });
      const { error } = JSON.parse(told.stderr) as { error: Record<string, unknown> };
      expect(error).toEqual({
        code: expect.stringMatching(/^[a-z_]+$/),
        message: expect.stringContaining(part),
        remedy: expect.stringMatching(/\.$/),
        ...("details" in error && { details: expect.any(Object) }),
      });
    },
  );

  test("a data file that is none of ours is said to be unusable", async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, "memory.db"),
      "this is no database, but long enough to be looked at".repeat(50),
    );
    const { code, stderr } = await onFolder(folder).run("list");
    expect(code).toBe(5);
    expect(stderr).toContain("memory.db");
  });
});

describe("settings", () => {
  test("flags win over the environment, whose mistakes are named only where they matter", async () => {
    const [flagged, environment] = [temporaryFolder(), temporaryFolder()];
    const env = { MEMORY_STORAGE_DIR: environment, PORT: "tcp://10.0.0.1:80" };
    expect((await memoir(["add", "here", "--id", "h"], { env })).code).toBe(0);
    expect((await onFolder(environment).run("get", "h")).code).toBe(0);
    expect((await memoir(["get", "h", "--data", flagged], { env })).code).toBe(3);
    const served = await memoir(["serve"], { env });
    expect(served).toMatchObject({ code: 2, stdout: "" });
    expect(served.stderr).toContain("PORT in the environment");
  });

  test("a folder on the command line wins over a store in the environment", async () => {
    const folder = temporaryFolder();
    const env = { MEMORY_STORE: "http://127.0.0.1:9" };
    expect((await memoir(["list"], { env })).code).toBe(5);
    expect((await memoir(["list", "--data", folder], { env })).code).toBe(0);
  });

  test("the default folder is .memoir where one stands", async () => {
    const cwd = temporaryFolder();
    await memoir(["add", "here", "--id", "h"], { cwd });
    expect((await onFolder(join(cwd, ".memoir")).run("get", "h")).code).toBe(0);
  });
});

describe("pipes", () => {
  test("a reader that goes away ends the command without a word", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const lines = Array.from({ length: 3000 }, (_, number) => ({
      id: `r${number}`,
      text: `text ${number} `.repeat(20),
    }));
    await cli.run("import", writeLines(folder, "records.jsonl", lines));
    const child = start(["--data", folder, "list", "--all", "--json"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended(child);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const exporting = start(["--data", folder, "export"]);
    exporting.stdout?.once("data", () => exporting.stdout?.destroy());
    const exported = await ended(exporting);
    expect(exported.code).toBe(1);
    expect(exported.stderr).toContain("before the export was complete");
  });

  test("Ctrl+C while waiting for standard input ends it with 130", async () => {
    const child = start(["--data", temporaryFolder(), "add", "-"]);
    const result = ended(child);
    // More than a pipe holds: once it is written, the command has been reading.
    child.stdin?.write("half a text ".repeat(100_000), () => child.kill("SIGINT"));
    expect(await result).toMatchObject({ code: 130, stdout: "" });
  });
});

describe("old versions of Node", () => {
  test.each(["22.17.9", "20.19.0", "18.0.0", "9.0.0"])("%s is refused with what is needed", (version) => {
    expect(nodeProblem(version)).toContain(version);
    expect(nodeProblem(version)).toContain("22.18");
  });

  test.each(["22.18.0", "22.20.1", "24.0.0", "100.0.0"])("%s will do", (version) => {
    expect(nodeProblem(version)).toBeNull();
  });

  test("the program says so before it does anything else", async () => {
    const folder = temporaryFolder();
    const fake = writeLines(folder, "old.mjs", [
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.0" } });',
    ]);
    const { code, stdout, stderr } = await memoir(["list"], { node: ["--import", fake], cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("20.11.0");
  });
});
