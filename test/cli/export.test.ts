import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { jsonLines, memoir, onFolder, temporaryFolder } from "./memoir.ts";

const ODD = [
  "plain",
  " spaces around \t",
  "line\nends\r\nand \u2028 \u2029 others",
  "NUL \u0000 and bell \u0007 and escape \u001b[31m",
  "emoji 👩‍👩‍👧 and surrogate pairs 𝒳, العربية, 中文, e\u0301",
  '{"looks":"like JSON"}',
  '"quotes" \\ backslashes \\u0041',
  "\uFEFF marked",
];

async function fill(folder: string): Promise<void> {
  await using memory = await openMemory({ store: `sqlite:${join(folder, "memory.db")}` });
  for (const [index, text] of ODD.entries())
    await memory.add({
      id: `odd ${index}/${text.replaceAll("\u0000", "")}`,
      text,
      type: index % 2 ? "episodic" : "message",
      namespace: ["a/b", `n${index}`],
      userId: `user,${index}`,
      agentId: "agent%",
      sessionId: "sess:1",
      speaker: "Ann",
      topics: [text, ""],
      entities: ["E"],
      importance: index / 10,
      pinned: index === 3,
      eventDate: "2024-01-01T00:00:00.123456Z",
      validFrom: "2023-01-01",
      validTo: "2999-01-01",
      expiresAt: "2998-01-01",
      metadata: { text, nested: { list: [1, null, true, text] }, ...JSON.parse('{"__proto__":{"x":1}}') },
      createdAt: `2024-01-0${index + 1}T10:00:00.000001Z`,
      updatedAt: "2024-02-01",
      lastAccessedAt: "2024-03-01",
      accessCount: index,
      persistedAt: "2024-04-01",
      extractedFrom: ["m1", text],
      extractionStrategy: "custom",
      extractionStrategyConfig: { prompt: text },
      extracted: index % 2 === 0,
    });
  await memory.add({ id: "twin 1", text: "Said twice" });
  await memory.add({ id: "twin 2", text: "Said twice" }, { deduplicate: false });
  await memory.add({ id: "changed", text: "before" });
  await memory.update("changed", { text: "after" });
  await memory.add({ id: "gone", text: "deleted" });
  await memory.delete("gone");
  const session = memory.scope({ namespace: "a/b", userId: "user,1" }).session("sess:1");
  await session.append(
    ODD.map((content, index) => ({
      role: "user",
      content,
      id: `m${index}`,
      createdAt: `2024-01-0${index + 1}`,
    })),
  );
  await session.data.assign({ text: ODD.join(""), ...JSON.parse('{"__proto__":[1]}') });
  await session.list("steps").push(...ODD, { deep: [ODD] });
  await session.setContext("summary so far");
  await session.expireIn(86_400);
  await memory.session("plain").append({ role: "user", content: "no scope" });
}

/** An export as it must be on both sides: what a new place gives anew is left out. */
function comparable(text: string): unknown[] {
  return jsonLines(text).map((line) => {
    const { record, session, ...rest } = line as { record?: object; session?: object; exportedAt?: string };
    if (record) return { record: { ...record, version: null, updatedAt: null } };
    if (session) return { session: { ...session, version: null, updatedAt: null, expiresAt: null } };
    return { ...rest, exportedAt: null };
  });
}

describe("export", () => {
  test("and import into an empty memory give the same memory", async () => {
    const [from, to] = [temporaryFolder(), temporaryFolder()];
    await fill(from);
    const file = join(from, "export.jsonl");
    expect(await onFolder(from).json("export", file)).toEqual({ file, records: ODD.length + 3, sessions: 2 });
    const counts = await onFolder(to).json("import", file);
    expect(counts).toMatchObject({ created: ODD.length + 3, sessions: 2, duplicates: 0, invalid: 0 });
    const again = await onFolder(to).run("export");
    // Sessions come by their last change, which importing makes anew.
    const sorted = (text: string) =>
      comparable(text)
        .map((line) => JSON.stringify(line))
        .sort();
    expect(sorted(again.stdout)).toEqual(sorted(readFileSync(file, "utf8")));
    expect(await onFolder(to).json("import", file)).toMatchObject({ created: 0, updated: 0, sessions: 0 });
    // What was told apart from its twin is, and new repetitions are still recognised.
    expect(await onFolder(to).json("add", "Said twice")).toMatchObject({ status: "duplicate" });
  });

  test("keeps the update time of records, and the end of sessions that have a fixed one", async () => {
    const [from, to] = [temporaryFolder(), temporaryFolder()];
    const store = (folder: string) => ({ store: `sqlite:${join(folder, "memory.db")}` });
    const memory = await openMemory(store(from));
    await memory.add({ id: "r", text: "x", createdAt: "2024-01-01", updatedAt: "2024-02-01" });
    await memory.session("s").append({ role: "user", content: "hello" });
    await memory.session("s").expireIn(3600, { sliding: false });
    const before = await memory.session("s").read();
    await memory.close();
    const { stdout } = await onFolder(from).run("export", "-");
    await memoir(["--data", to, "import", "-"], { input: stdout });
    await using copy = await openMemory(store(to));
    expect(await copy.get("r")).toMatchObject({
      updatedAt: "2024-02-01T00:00:00Z",
      createdAt: "2024-01-01T00:00:00Z",
    });
    const after = await copy.session("s").read();
    const drift = Date.parse(String(after?.expiresAt)) - Date.parse(String(before?.expiresAt));
    expect(Math.abs(drift)).toBeLessThan(100);
  });

  test("takes only what the scope leaves", async () => {
    const folder = temporaryFolder();
    await fill(folder);
    const { stdout } = await onFolder(folder).run("export", "--user", "user,1");
    const lines = jsonLines(stdout);
    expect(lines.at(-1)).toEqual({ memoir: "end", records: 1, sessions: 1 });
    expect(lines).toHaveLength(4);
    const of = await onFolder(folder).run("export", "--session", "plain");
    expect(jsonLines(of.stdout).at(-1)).toEqual({ memoir: "end", records: 0, sessions: 1 });
  });

  test("leaves no half file, and only the owner may read it", async () => {
    const folder = temporaryFolder();
    await onFolder(folder).run("add", "x");
    const file = join(folder, "deep", "export.jsonl");
    await onFolder(folder).run("export", file);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o077).toBe(0);
    expect(existsSync(`${file}.partial`)).toBe(false);
    const failed = await onFolder(folder).run("export", folder);
    expect(failed.code).toBe(1);
    expect(existsSync(`${folder}.partial`)).toBe(false);
  });

  test("that was cut off or has lost a line is told when it is imported", async () => {
    const [from, to] = [temporaryFolder(), temporaryFolder()];
    await fill(from);
    const file = join(from, "export.jsonl");
    await onFolder(from).run("export", file);
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(join(from, "lost.jsonl"), lines.toSpliced(3, 1).join("\n"));
    const lost = await onFolder(to).run("import", join(from, "lost.jsonl"), "--skip-invalid");
    expect(lost.code).toBe(1);
    expect(lost.stderr).toContain("not complete");
    truncateSync(file, statSync(file).size - 60);
    const cut = await onFolder(to).run("import", file, "--skip-invalid");
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain("not complete");
    const newer = join(from, "newer.jsonl");
    writeFileSync(newer, '{"memoir":"export","formatVersion":99,"records":0,"sessions":0}\n');
    const refused = await onFolder(to).run("import", newer);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("99");
  });
});
