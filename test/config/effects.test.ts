import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { configured } from "../../src/config/index.ts";
import { ChangesForgottenError, type Memory, type OpenOptions, openMemory } from "../../src/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { ended, memoir, start } from "../cli/memoir.ts";
import { served } from "../cli/served.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "memoir-effects-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

interface Open {
  readonly environment?: Record<string, string>;
  readonly more?: OpenOptions;
}

/** A memory as the environment has it, in the folder of the test. */
async function open({ environment = {}, more = {} }: Open = {}): Promise<Memory> {
  const own = { MEMORY_STORAGE_DIR: folder, ...environment };
  return openMemory({ ...(await configured({ folder, environment: own })), ...more });
}

const time = { now: Date.parse("2026-05-04T09:30:00Z") };
const clock = { now: () => time.now };

/** Embeds like a model that is worth not asking: it counts. */
function counting() {
  const asked: string[] = [];
  const embedder = {
    id: "counting",
    dimensions: 2,
    local: true,
    async embed(texts: readonly string[]) {
      asked.push(...texts);
      return texts.map(() => Float32Array.of(1, 0));
    },
  };
  return { asked, embedder };
}

describe("what the environment says has its effect:", () => {
  test("MEMORY_STORAGE_DIR", async () => {
    await using memory = await open();
    await memory.add("Likes tea");
    expect(existsSync(join(folder, "memory.db"))).toBe(true);
  });

  test("MEMORY_WORKING_STORE and MEMORY_DATABASE_URL", async () => {
    const environment = {
      MEMORY_WORKING_STORE: `sqlite:${folder}/sessions.db`,
      MEMORY_DATABASE_URL: `sqlite:${folder}/records.db`,
    };
    await using memory = await open({ environment });
    await memory.session("chat").append({ role: "user", content: "hello" });
    await memory.add("Likes tea");
    await using sessions = await openMemory(environment.MEMORY_WORKING_STORE);
    await using records = await openMemory(environment.MEMORY_DATABASE_URL);
    expect([(await sessions.sessions()).total, (await sessions.list()).total]).toEqual([1, 0]);
    expect([(await records.sessions()).total, (await records.list()).total]).toEqual([0, 1]);
  });

  test("MEMORY_ENABLE_VECTOR_SEARCH", async () => {
    await using memory = await open({ environment: { MEMORY_ENABLE_VECTOR_SEARCH: "false" } });
    await memory.add(["Prefers aisle seats", "The weather is lovely"]);
    const { hits } = await memory.search("aisle", { explain: true });
    expect(hits[0]?.text).toBe("Prefers aisle seats");
    expect(hits.map(({ explanation }) => explanation?.similarity)).toEqual(hits.map(() => 0));
    const byMeaning = memory.search("aisle", { mode: "semantic" });
    await expect(byMeaning).rejects.toMatchObject({ code: "not_supported" });
  });

  test("MEMORY_EMBEDDER", async () => {
    const { embedder } = await configured({ folder, environment: { MEMORY_EMBEDDER: "none" } });
    expect(embedder?.id).toBe("none");
    expect((await configured({ folder, environment: {} })).embedder?.id).toBe("static-256");
  });

  test.each([
    [{}, 1],
    [{ MEMORY_CACHE_ENABLED: "false" }, 3],
    [{ MEMORY_MAX_CACHE_SIZE: "0" }, 3],
    [{ MEMORY_MAX_CACHE_SIZE: "1" }, 2],
  ])("MEMORY_CACHE_ENABLED and MEMORY_MAX_CACHE_SIZE: %j", async (environment, times) => {
    const { asked, embedder } = counting();
    await using memory = await open({ environment, more: { embedder } });
    await memory.add("Likes tea");
    for (const question of ["what?", "what?", "who?", "what?"]) await memory.search(question);
    expect(asked.filter((text) => text === "what?")).toHaveLength(times);
  });

  test("MEMORY_SESSION_TIMEOUT", async () => {
    await using memory = await open({ environment: { MEMORY_SESSION_TIMEOUT: "60" }, more: { clock } });
    const chat = memory.conversations().conversation("chat");
    await chat.set("field", 1);
    await chat.addMessage("user", "hello");
    time.now += 60_000;
    expect([await chat.has("field"), await chat.messageCount()]).toEqual([false, 1]);
  });

  test("MEMORY_SESSION_TIMEOUT for sessions, unless MEMORY_SHORT_TERM_TTL says another time", async () => {
    const timeout = { MEMORY_SESSION_TIMEOUT: "60" };
    for (const [environment, lives] of [
      [timeout, false],
      [{ ...timeout, MEMORY_SHORT_TERM_TTL: "120" }, true],
      [{ ...timeout, MEMORY_SHORT_TERM_TTL: "never" }, true],
      [{}, true],
    ] as const) {
      await using memory = await open({ environment, more: { clock, store: "memory:" } });
      const session = memory.session("session");
      await session.append({ role: "user", content: "hello" });
      time.now += 60_000;
      expect((await session.read()) !== null).toBe(lives);
    }
  });

  test("MEMORY_SHORT_TERM_TTL", async () => {
    await using memory = await open({ environment: { MEMORY_SHORT_TERM_TTL: "60" }, more: { clock } });
    const chat = memory.conversations().conversation("chat");
    await chat.set("field", 1);
    await chat.addMessage("user", "hello");
    const session = memory.session("session");
    await session.append({ role: "user", content: "hello" });
    await session.append({ role: "user", content: "again" });
    const lasting = memory.session("lasting");
    await lasting.expireIn(null);
    time.now += 60_000;
    expect([await chat.has("field"), await chat.messageCount()]).toEqual([false, 0]);
    expect([await session.read(), (await lasting.read())?.version]).toEqual([null, 1]);
  });

  test("MEMORY_SHORT_TERM_TTL, for sessions only when it is given", async () => {
    await using memory = await open({ more: { clock } });
    await memory.session("session").append({ role: "user", content: "hello" });
    expect((await memory.session("session").read())?.ttlSeconds).toBeNull();
  });

  test("MEMORY_MAX_CONVERSATION_HISTORY", async () => {
    await using memory = await open({ environment: { MEMORY_MAX_CONVERSATION_HISTORY: "2" } });
    const chat = memory.conversations().conversation("chat");
    for (const content of ["one", "two", "three"]) await chat.addMessage("user", content);
    expect((await chat.getMessages()).map(({ content }) => content)).toEqual(["two", "three"]);
    expect(await chat.getMessages(9)).toHaveLength(3);
  });

  test("MEMORY_MAX_CONVERSATION_HISTORY in the server and on the command line", async () => {
    const env = { MEMORY_MAX_CONVERSATION_HISTORY: "2" };
    const child = start(["serve", "--data", folder, "--port", "0", "--json"], { env });
    const stopped = ended(child);
    const [line] = child.stdout ? await once(child.stdout, "data") : [];
    const { url } = JSON.parse(String(line));
    await using remote = await openMemory(url);
    const chat = remote.session("chat");
    for (const content of ["one", "two", "three"]) await chat.append({ role: "user", content });
    const texts = (messages: readonly { content: string }[]) => messages.map(({ content }) => content);
    expect(texts((await chat.context("")).messages)).toEqual(["two", "three"]);
    expect(texts((await chat.context("", { newest: 3 })).messages)).toEqual(["one", "two", "three"]);
    const answer = await fetch(`${url}/v1/memory/prompt`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "four", session: { session_id: "chat" }, long_term_search: false }),
    });
    const prompt = (await answer.json()) as { messages: { content: { text: string } }[] };
    expect(prompt.messages.map(({ content }) => content.text)).toEqual(["two", "three", "four"]);
    // Whoever reads a session to write it back has all of it.
    expect(texts(await chat.messages())).toHaveLength(3);
    const shown = await memoir(["sessions", "chat", "--data", folder], { env });
    expect(shown.stdout).toMatch(/^1 earlier messages.*\n.*two\n.*three\n$/);
    child.kill("SIGTERM");
    expect((await stopped).code).toBe(0);
  });

  test("MEMORY_EXECUTION_RECORDS_DIR", async () => {
    const toldOf = async (env: Record<string, string>) =>
      (await memoir(["doctor", "--data", folder], { env, cwd: folder })).stdout;
    expect(await toldOf({})).toContain(`ok       executions ${join(folder, "executions")} (--data)`);
    expect(await toldOf({ MEMORY_EXECUTION_RECORDS_DIR: "runs" })).toContain(
      `${join(folder, "runs")} (MEMORY_EXEC`,
    );
    writeFileSync(join(folder, "file"), "");
    expect(await toldOf({ MEMORY_EXECUTION_RECORDS_DIR: "file" })).toMatch(
      /^problem +executions .* is no folder/m,
    );
  });

  test("MEMORY_AUTO_CLEANUP", async () => {
    const environment = { MEMORY_AUTO_CLEANUP: "false" };
    {
      await using memory = await open({ environment });
      await memory.session("chat").apply([{ operation: "setTimeToLive", seconds: -1 }]);
      expect(await memory.session("chat").read()).toBeNull();
      await (await open({ environment })).close();
    }
    const store = await openSqliteStore({ path: join(folder, "memory.db") });
    const every = { now: "0001-01-01T00:00:00Z", limit: 1, offset: 0 };
    expect((await store.listSessions("default", every)).total).toBe(1);
    await using _ = await open();
    await vi.waitFor(async () => expect((await store.listSessions("default", every)).total).toBe(0), 30_000);
    await store.close();
  });

  test("MEMORY_IDEMPOTENCY_TTL", async () => {
    const again = (memory: Memory) => memory.add("Likes tea", { idempotencyKey: "tea", deduplicate: false });
    const environment = { MEMORY_IDEMPOTENCY_TTL: "7200" };
    await using memory = await open({ environment, more: { clock } });
    const first = await again(memory);
    time.now += 7_200_000 - 1;
    expect((await again(memory)).record.id).toBe(first.record.id);
    time.now += 60_001;
    await vi.waitFor(async () => expect((await again(memory)).record.id).not.toBe(first.record.id), 30_000);
  });

  test("MEMORY_CHANGES_TTL, MEMORY_VERSIONS_TTL and MEMORY_VERSIONS_KEPT", async () => {
    const environment = { MEMORY_CHANGES_TTL: "600", MEMORY_VERSIONS_TTL: "600", MEMORY_VERSIONS_KEPT: "2" };
    await using memory = await open({ environment, more: { clock } });
    await memory.add({ id: "a", text: "one" });
    for (const text of ["two", "three", "four"]) await memory.update("a", { text });
    time.now += 3_600_000;
    await memory.add({ id: "b", text: "another" });
    const versions = async () => (await memory.history("a")).map(({ record }) => record.text);
    await vi.waitFor(async () => expect(await versions()).toEqual(["three", "four"]), 20_000);
    const feed = async () => {
      for await (const _ of memory.changes());
    };
    await vi.waitFor(() => expect(feed()).rejects.toBeInstanceOf(ChangesForgottenError), 20_000);
  });

  test("the file's settings", async () => {
    writeFileSync(join(folder, "memory.config.json"), '{"data": "inside", "maxConversationHistory": 1}');
    const options = await configured({ folder, environment: {} });
    expect(options).toMatchObject({
      store: `sqlite:${join(folder, "inside/memory.db")}`,
      conversations: { messages: 1, ttl: 3600, conversationTtl: 86_400 },
    });
  });
});

describe("the command line", () => {
  test("finds the file from the working directory, or takes the one it is given", async () => {
    writeFileSync(join(folder, "memory.config.json"), JSON.stringify({ store: "sqlite:found.db" }));
    writeFileSync(join(folder, "other.json"), JSON.stringify({ store: "sqlite:given.db" }));
    expect((await memoir(["add", "Likes tea"], { cwd: folder })).code).toBe(0);
    expect((await memoir(["add", "Likes tea", "--config", "other.json"], { cwd: folder })).code).toBe(0);
    const env = { MEMORY_CONFIG: join(folder, "other.json") };
    expect((await memoir(["add", "Likes milk"], { cwd: tmpdir(), env })).code).toBe(0);
    expect([existsSync(join(folder, "found.db")), existsSync(join(folder, "given.db"))]).toEqual([
      true,
      true,
    ]);
    const given = await memoir(["--json", "list", "--config", "other.json", "--all"], { cwd: folder });
    expect(given.stdout.trim().split("\n")).toHaveLength(2);
  });

  test("names a wrong key and a wrong place", async () => {
    const file = join(folder, "memory.config.json");
    writeFileSync(file, '{"portt": 1}');
    const wrong = await memoir(["list"], { cwd: folder });
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining(`portt in ${file}: is no setting`),
    ]);
    const args = ["list", "--config", "none.json", "--data", folder];
    const missing = await memoir(args, { cwd: folder });
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("none.json")]);
    const store = await memoir(["list", "--data", folder], {
      cwd: tmpdir(),
      env: { MEMORY_WORKING_STORE: "nothing://here" },
    });
    expect(store.stderr).toContain("MEMORY_WORKING_STORE in the environment: names no store");
    expect(store.code).toBe(2);
  });

  test.each([
    ["MEMORY_DATABASE_URL", "postgres://127.0.0.1/app?pool=none", "pool must be a whole number above 0"],
    ["MEMORY_STORE", "module:@nobody/store", "names the module @nobody/store, which cannot be loaded"],
    ["MEMORY_JOBS", "module:@nobody/jobs", "names the module @nobody/jobs, which cannot be loaded"],
    ["MEMORY_WORKING_STORE", "redis://127.0.0.1?foo=1", 'the Redis URL has the unknown setting "foo"'],
    ["MEMORY_VECTORS", "faiss:here", "names no vector index"],
  ])("names the place of what is found wrong in opening: %s=%s", async (name, value, message) => {
    const failed = await memoir(["list"], {
      cwd: tmpdir(),
      env: { MEMORY_STORAGE_DIR: folder, [name]: value },
    });
    expect(failed.stderr).toContain(`${name} in the environment: ${message}`);
    expect(failed.code).toBe(2);
  });

  test("says once that a server is away, and where it should be", async () => {
    const store = "redis://127.0.0.1:1?timeout=1500";
    const away = await memoir(["list", "--store", store], { cwd: tmpdir() });
    expect(away.code).toBe(5);
    expect(away.stderr.split("The connection to redis://127.0.0.1:1").length).toBe(2);
  });

  test("serves a pair, and says where both are", async () => {
    const [sessions, records] = [`sqlite:${folder}/sessions.db`, `sqlite:${folder}/records.db`];
    const places = ["--working", sessions, "--long-term", records];
    const { child, result, address } = await served(folder, ...places);
    expect(address).toMatchObject({
      store: join(folder, "records.db"),
      working: join(folder, "sessions.db"),
    });
    await using remote = await openMemory(address.url);
    await remote.session("chat").append({ role: "user", content: "hello" });
    await remote.add("Likes tea");
    child.kill("SIGINT");
    expect((await result).code).toBe(0);
    await using kept = await openMemory(sessions);
    expect((await kept.sessions()).total).toBe(1);
    const { stdout } = await memoir(["--json", "doctor", ...places], { cwd: folder });
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ check: "sessions", message: `${sessions} (--working) keeps the sessions.` }),
    );
  });
});
