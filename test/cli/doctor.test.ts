import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { memoir, onFolder, temporaryFolder } from "./memoir.ts";

interface Report {
  readonly problems: number;
  readonly warnings: number;
  readonly findings: readonly { check: string; status: string; message: string; remedy: string | null }[];
}

async function examine(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  // Any free port, whatever runs on this machine.
  const { code, stdout } = await memoir(["--json", "doctor", ...args], { env: { PORT: "0", ...env } });
  const report = JSON.parse(stdout) as Report;
  const status = (check: string) => report.findings.find((finding) => finding.check === check)?.status;
  return { code, report, status };
}

describe("doctor", () => {
  test("finds nothing wrong with a sound memory, and with none", async () => {
    const folder = temporaryFolder();
    const before = await examine(["--data", join(folder, "none")]);
    expect(before).toMatchObject({ code: 0, report: { problems: 0, warnings: 0 } });
    expect(existsSync(join(folder, "none"))).toBe(false);
    await onFolder(folder).run("add", "something");
    const { code, report } = await examine(["--data", folder]);
    expect({ code, problems: report.problems, warnings: report.warnings }).toEqual({
      code: 0,
      problems: 0,
      warnings: 0,
    });
    expect([...new Set(report.findings.map(({ check }) => check))]).toEqual([
      ...[
        "node",
        "sqlite",
        "settings",
        "embedder",
        "folder",
        "disk",
        "executions",
        "file",
        "schema",
        "journal",
      ],
      ...["store", "integrity", "content", "index", "jobs", "port"],
    ]);
    expect(report.findings.every(({ status, remedy }) => status === "ok" && remedy === null)).toBe(true);
    const told = await memoir(["doctor", "--data", folder], { env: { PORT: "0" } });
    expect(told.stdout).toMatch(/^ok +node +Node \d+/m);
    expect(told.stdout).toContain("0 problems, 0 warnings");
  });

  test("names settings that cannot be read and names that mean nothing", async () => {
    const { code, report } = await examine(["--store", "memory:"], {
      PORT: "eighty",
      MEMORY_STORGE_DIR: "x",
      SUMMARIZATION_THRESHOLD: "2",
    });
    expect(code).toBe(1);
    const settings = report.findings.filter(({ check }) => check === "settings");
    expect(settings.map(({ status }) => status)).toEqual(["problem", "problem", "warning"]);
    expect(settings.map(({ message }) => message).join("\n")).toMatch(
      /PORT in the environment.*SUMMARIZATION_THRESHOLD.*MEMORY_STORGE_DIR/s,
    );
    expect(settings.every(({ remedy }) => remedy !== null)).toBe(true);
  });

  test("tells of a file that is damaged, foreign, newer, or open to others", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "memory.db");
    writeFileSync(file, "no database at all ".repeat(300));
    expect(await examine(["--data", folder])).toMatchObject({ code: 1 });
    writeFileSync(file, "");
    expect((await examine(["--data", folder])).status("file")).toBe("ok");
    const foreign = new DatabaseSync(join(folder, "foreign.db"));
    foreign.exec("CREATE TABLE t (x); PRAGMA application_id = 77");
    foreign.close();
    const other = await examine(["--store", `sqlite:${join(folder, "foreign.db")}`]);
    expect([other.code, other.status("file"), other.status("store")]).toEqual([1, "problem", undefined]);
    await onFolder(folder).run("add", "something");
    if (process.platform !== "win32") {
      chmodSync(file, 0o644);
      expect((await examine(["--data", folder])).status("file")).toBe("warning");
      chmodSync(file, 0o600);
    }
    const ours = new DatabaseSync(file);
    ours.exec("PRAGMA user_version = 9999");
    ours.close();
    const newer = await examine(["--data", folder]);
    expect([newer.code, newer.status("schema"), newer.status("store")]).toEqual([1, "problem", undefined]);
  });

  test("leaves a file of an older schema as it is, and says what will happen", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "memory.db");
    await onFolder(folder).run("add", "something");
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 1; PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    const before = readFileSync(file);
    const { code, status } = await examine(["--data", folder]);
    expect([code, status("schema"), status("store")]).toEqual([0, "warning", undefined]);
    expect(readFileSync(file)).toEqual(before);
  });

  test("reports broken content", async () => {
    const folder = temporaryFolder();
    await onFolder(folder).run("add", "something", "--id", "r");
    const database = new DatabaseSync(join(folder, "memory.db"));
    database.exec("DELETE FROM entries");
    database.close();
    const { code, report } = await examine(["--data", folder]);
    expect(code).toBe(1);
    expect(report.findings.find(({ check }) => check === "integrity")).toMatchObject({
      status: "problem",
      message: expect.stringContaining('"r"'),
      remedy: expect.any(String),
    });
  });

  test("counts what has expired and what another embedder indexed", async () => {
    const folder = temporaryFolder();
    const store = `sqlite:${join(folder, "memory.db")}`;
    const embedder = {
      id: "other-2",
      dimensions: 2,
      local: true,
      embed: async (texts: readonly string[]) => texts.map(() => new Float32Array([1, 0])),
    };
    const memory = await openMemory({ store, embedder, autoCleanup: false });
    await memory.add({ id: "r", text: "indexed by another" });
    await memory.add({ id: "old", text: "gone", expiresAt: "2020-01-01" });
    const session = memory.session("s");
    await session.append({ role: "user", content: "hello" });
    await session.expireIn(-1);
    await memory.close();
    const { code, report } = await examine(["--data", folder]);
    expect(code).toBe(0);
    const find = (check: string) => report.findings.find((finding) => finding.check === check);
    expect(find("content")?.message).toBe("1 records and 0 sessions.");
    expect(find("expired")).toMatchObject({ status: "warning", message: expect.stringMatching(/^2 /) });
    expect(find("index")).toMatchObject({
      status: "warning",
      message: expect.stringContaining("static-256"),
    });
  });

  test("tells of a server that does not answer", async () => {
    const { code, status } = await examine(["--store", "http://127.0.0.1:9"]);
    expect([code, status("server")]).toEqual([1, "problem"]);
  });

  test("tells of a model that is not there", async () => {
    const folder = temporaryFolder();
    const { code, status } = await examine(["--store", "memory:", "--embedder", "minilm"], {
      MEMORY_MODEL_DIR: folder,
    });
    expect([code, status("embedder")]).toEqual([1, "problem"]);
  });

  test.each([
    ["memory:", "--index is store, but: memory finds nothing by itself."],
    ["pglite:", "--index is store, but: The server has no pgvector, which searching in the database needs."],
  ])("tells that %s cannot search by itself", async (store, message) => {
    const { code, report } = await examine(["--store", store, "--index", "store"]);
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: "search", status: "problem", message }),
    );
    expect(code).toBe(1);
  });
});
