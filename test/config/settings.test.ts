import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findConfigFile, readConfigFile } from "../../src/config/file.ts";
import { createSettings, type Environment, type Flags, withoutPassword } from "../../src/config/settings.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "memoir-config-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Settings with a file in some folder beneath the environment. */
function settings(flags: Flags, environment: Environment = {}, values: object | null = null) {
  const file = values && { path: "/project/memory.config.json", folder: "/project", values };
  return createSettings(flags, environment, file);
}

function stores(flags: Flags, environment: Environment = {}, values: object | null = null) {
  const found = settings(flags, environment, values);
  return [found.storeUrl(), found.workingUrl()].map((place) => place && `${place.value} by ${place.source}`);
}

describe("a setting", () => {
  test("is taken from a flag, then the environment, then a file, then the default", () => {
    const [flags, environment, values] = [{ port: "1" }, { PORT: "2" }, { port: 3 }];
    expect(settings(flags, environment, values).get("port")).toEqual({ value: 1, source: "--port" });
    expect(settings({}, environment, values).get("port")).toEqual({
      value: 2,
      source: "PORT in the environment",
    });
    expect(settings({}, {}, values).get("port")).toEqual({
      value: 3,
      source: "port in /project/memory.config.json",
    });
    expect(settings({}, { PORT: "" }, {}).get("port")).toEqual({ value: 8000, source: "default" });
  });

  test.each([
    [{ port: "eighty" }, {}, null, "port", "--port: must be a port number"],
    [
      {},
      { MEMORY_AUTO_CLEANUP: "maybe" },
      null,
      "autoCleanup",
      "MEMORY_AUTO_CLEANUP in the environment: must",
    ],
    [{}, { MEMORY_STORE: "memory.db" }, null, "store", "must be a URL such as sqlite:PATH, redis:"],
    [{}, {}, { embedder: "huge" }, "embedder", "embedder in /project/memory.config.json: must be static"],
    [{}, { MEMORY_SESSION_TIMEOUT: "0" }, null, "sessionTimeout", "a number of seconds above 0, or never"],
    [{}, { MEMORY_MAX_CACHE_SIZE: "-1" }, null, "maxCacheSize", "a whole number, 0 or more"],
    [{}, { SUMMARIZATION_THRESHOLD: "70%" }, null, "summarizationThreshold", "above 0, at most 1"],
  ] as const)(
    "that is wrong is named with its place: %j %j %j",
    (flags, environment, values, name, message) => {
      expect(() => settings(flags, environment, values).get(name)).toThrow(message);
    },
  );

  test("reads numbers, yes and no, and never", () => {
    const environment = {
      MEMORY_SHORT_TERM_TTL: "never",
      MEMORY_SESSION_TIMEOUT: "0.5",
      MEMORY_CACHE_ENABLED: "off",
      MEMORY_USE_REDIS: "YES",
      MEMORY_MAX_CONVERSATION_HISTORY: "7",
    };
    const { get } = settings({}, environment, { autoCleanup: false });
    expect(get("shortTermTtl").value).toBeNull();
    expect([get("sessionTimeout").value, get("maxConversationHistory").value]).toEqual([0.5, 7]);
    expect([get("cacheEnabled").value, get("useRedis").value, get("autoCleanup").value]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe("the places of a memory", () => {
  const DATA = "sqlite:.memoir/memory.db by default";

  test("are one file in the folder of the data when nothing is said", () => {
    expect(stores({})).toEqual([DATA, null]);
    expect(stores({ data: "d" })).toEqual(["sqlite:d/memory.db by --data", null]);
    expect(stores({}, {}, { data: "d" })[0]).toContain("sqlite:/project/d/memory.db by data in /project/");
    expect(stores({}, {}, { store: "sqlite:m.db" })[0]).toContain("sqlite:/project/m.db by store in");
  });

  test("are settled where one of them is said first", () => {
    const environment = { MEMORY_STORE: "memory:", MEMORY_STORAGE_DIR: "e" };
    expect(stores({ data: "d" }, environment)).toEqual(["sqlite:d/memory.db by --data", null]);
    expect(stores({}, environment)[0]).toBe("memory: by MEMORY_STORE in the environment");
    expect(stores({ longTerm: "postgres://h/d" }, environment)[0]).toBe("postgres://h/d by --long-term");
    expect(stores({}, { MEMORY_DATABASE_URL: "postgres://h/d" })[0]).toContain("MEMORY_DATABASE_URL");
    expect(() => stores({}, { ...environment, MEMORY_DATABASE_URL: "postgres://h/d" })).toThrow(
      "MEMORY_DATABASE_URL in the environment: says the same as MEMORY_STORE in the environment",
    );
  });

  test("are two when sessions are kept elsewhere", () => {
    expect(stores({ working: "sqlite:w.db" })).toEqual([DATA, "sqlite:w.db by --working"]);
    expect(stores({}, { MEMORY_USE_REDIS: "true" })).toEqual([
      DATA,
      "redis://127.0.0.1:6379 by MEMORY_USE_REDIS in the environment",
    ]);
    const redis = { MEMORY_USE_REDIS: "true", MEMORY_REDIS_URL: "redis://cache:7000" };
    expect(stores({}, redis)[1]).toContain("redis://cache:7000 by");
    expect(stores({}, { MEMORY_REDIS_URL: "redis://cache:7000" })[1]).toBeNull();
    expect(stores({}, { MEMORY_USE_REDIS: "no" }, { working: "sqlite:w.db" })[1]).toBeNull();
    expect(stores({ working: "sqlite:w.db" }, redis)[1]).toBe("sqlite:w.db by --working");
  });

  test("need no second one that is the first, or beside a server", () => {
    const redis = { MEMORY_USE_REDIS: "true", MEMORY_REDIS_URL: "redis://cache:7000" };
    expect(stores({ store: "redis://cache:7000" }, redis)[1]).toBeNull();
    expect(stores({ store: "http://server:8000" }, redis)[1]).toBeNull();
    expect(stores({ store: "http://server:8000", working: "memory:" })[1]).toBe("memory: by --working");
  });

  test("are shown without passwords", () => {
    expect(withoutPassword("postgres://me:se@cret@h:5432/d?a=b")).not.toContain("se@cret");
    expect(withoutPassword("rediss://:secret@h:1/0")).toBe("rediss://:***@h:1/0");
    expect(withoutPassword("redis+sentinel://h/m?sentinelPassword=se%26cret&prefix=a")).toBe(
      "redis+sentinel://h/m?sentinelPassword=***&prefix=a",
    );
    expect(withoutPassword("postgres://h/d?replica=postgres%3A%2F%2Fme%3Asecret%40r%2Fd&pool=3")).toBe(
      "postgres://h/d?replica=***&pool=3",
    );
    expect(withoutPassword("sqlite:a@b.db")).toBe("sqlite:a@b.db");
    expect(withoutPassword("http://h:8000/a:b@c")).toBe("http://h:8000/a:b@c");
  });
});

describe("a settings file", () => {
  test("is the nearest one, in the folder or above", () => {
    const root = folder();
    const below = join(root, "a", "b");
    mkdirSync(below, { recursive: true });
    expect(findConfigFile(below)).toBeNull();
    writeFileSync(join(root, "memory.config.json"), "{}");
    expect(findConfigFile(below)).toBe(join(root, "memory.config.json"));
    writeFileSync(join(root, "a", "memory.config.js"), "");
    writeFileSync(join(root, "a", "memory.config.ts"), "");
    expect(findConfigFile(below)).toBe(join(root, "a", "memory.config.ts"));
  });

  test.each([
    ["memory.config.json", '{"port": 9000, "embedder": "minilm"}'],
    ["memory.config.mjs", 'export default { port: 9000, embedder: "minilm" };'],
    ["memory.config.ts", 'const port: number = 9000;\nexport default { port, embedder: "minilm" };'],
  ])("may be %s", async (name, text) => {
    const path = join(folder(), name);
    writeFileSync(path, text);
    const found = createSettings({}, {}, await readConfigFile(path));
    expect(found.get("port")).toEqual({ value: 9000, source: `port in ${path}` });
    expect(found.get("embedder").value).toBe("minilm");
  });

  test.each([
    ["memory.config.json", '{"prot": 1}', "prot in ", "is no setting; there are: data, store"],
    ["memory.config.json", '{"port": [1]}', "port in ", "must be a text, a number, true or false"],
    ["memory.config.json", "{", "memory.config.json", "cannot be read as settings"],
    ["memory.config.json", "[]", "memory.config.json", "must export an object"],
    ["memory.config.mjs", "export const port = 1;", "memory.config.mjs", "must export an object"],
    ["memory.config.mjs", "throw new Error('no luck');", "memory.config.mjs", "no luck"],
  ])("that is wrong is named: %s %s", async (name, text, place, reason) => {
    const path = join(folder(), name);
    writeFileSync(path, text);
    const error = await readConfigFile(path).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "invalid_input" });
    expect((error as Error).message).toContain(place);
    expect((error as Error).message).toContain(reason);
  });

  test("that is not there is named", async () => {
    await expect(readConfigFile("/nowhere/memory.config.json")).rejects.toThrow(
      "/nowhere/memory.config.json",
    );
  });
});
