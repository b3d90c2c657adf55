import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { circles, readModules, staticGraph } from "./modules.ts";

const modules = readModules();
const sources = [...modules.values()];

/** `core` for `src/core/time.ts`; `application` for what stands in `src` itself, embeds a memory, queues jobs, or finds a store. */
function layerOf(path: string): string {
  if (path === "src/stores/registry.ts") return "application";
  const [, folder = "", file, adapter] = path.split("/");
  // Only the engines in folders of their own are adapters.
  if (folder === "jobs" && adapter === undefined) return "application";
  return file === undefined || folder === "embedded" ? "application" : folder;
}

/** What the stores on SQL databases have in common. */
const SHARED_BY_STORES = "stores/sql";

/** `stores/sqlite` for `src/stores/sqlite/rows.ts`: adapters of one kind do not know one another. */
function adapterOf(path: string): string {
  return path.split("/").slice(1, 3).join("/");
}

/** What each layer may import besides itself. ARCHITECTURE.md tells why. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  recall: ["core"],
  vectors: ["core"],
  embedders: ["core"],
  stores: ["core"],
  jobs: ["core"],
  application: ["core", "recall", "vectors"],
  contract: ["core", "application"],
  config: ["core", "application", "embedders", "vectors"],
  migration: ["core"],
  client: ["core", "application", "contract"],
  server: ["core", "application", "contract"],
  testing: ["core", "application"],
  evaluation: ["core", "application"],
  cli: [
    "core",
    "recall",
    "application",
    "contract",
    "config",
    "server",
    "client",
    "evaluation",
    "migration",
    "stores",
    "embedders",
    "vectors",
  ],
};

/** Loads of whatever a user names: the one way in which a lower layer reaches a higher one. */
const MAY_LOAD: Readonly<Record<string, readonly string[]>> = {
  "src/open.ts": ["client", "embedders", "stores"],
  "src/stores/registry.ts": ["stores"],
  "src/jobs/registry.ts": ["jobs", "stores"],
};

describe("layers", () => {
  test.each(Object.keys(MAY_IMPORT))("%s imports only what lies further in", (layer) => {
    const inside = sources.filter((module) => layerOf(module.path) === layer);
    expect(inside.length).toBeGreaterThan(0);
    const outward = inside.flatMap((module) =>
      module.imports
        .filter(({ target, dynamic }) => {
          if (!target.startsWith("src/")) return false;
          const other = layerOf(target);
          if (other === layer || MAY_IMPORT[layer]?.includes(other)) return false;
          return !(dynamic && MAY_LOAD[module.path]?.includes(other));
        })
        .map(({ target }) => `${module.path} imports ${target}`),
    );
    expect(outward).toEqual([]);
  });

  test("every folder has a place in the order", () => {
    expect([...new Set(sources.map((module) => layerOf(module.path)))].sort()).toEqual(
      Object.keys(MAY_IMPORT).sort(),
    );
  });

  test("an adapter does not import another one", () => {
    const crossing = sources
      .filter(({ path }) => /^src\/(stores|jobs)\/[^/]+\//.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(
            ({ target }) =>
              /^src\/(stores|jobs)\/[^/]+\//.test(target) &&
              ![adapterOf(path), SHARED_BY_STORES].includes(adapterOf(target)),
          )
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(crossing).toEqual([]);
  });

  test("a vector database knows no other one, and nobody but the registry knows it", () => {
    const engines = /^src\/vectors\/(chroma|pgvector|qdrant|weaviate|milvus|pinecone)\//;
    const known = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => engines.test(target) && adapterOf(target) !== adapterOf(path))
        .filter(({ dynamic }) => !(dynamic && path === "src/vectors/registry.ts"))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(known).toEqual([]);
  });

  test("no imports go around in a circle, those of types neither", () => {
    expect(circles(modules)).toEqual([
      // A memory gives sessions, and a session gives its memory: that is what users see of them.
      ["src/conversation.ts", "src/conversations.ts", "src/memory.ts", "src/session.ts"],
    ]);
  });

  test("nothing imports a file that is not there", () => {
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target.startsWith("src/") && !modules.has(target))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("what an import loads", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const isPart = (name: string, target: string) => target === name || target.startsWith(`${name}/`);

  test.each(["src/index.ts", "src/client/index.ts"])(
    "%s loads no Node builtin, no dependency and no peer",
    (entry) => {
      const graph = [...staticGraph(modules, entry)];
      expect(graph.length).toBeGreaterThan(5);
      expect(graph.filter((target) => target.startsWith("node:"))).toEqual([]);
      expect(graph.filter((target) => installed.some((name) => isPart(name, target)))).toEqual([]);
    },
  );

  test("a store, an embedder or the client is loaded only when it is asked for", () => {
    const graph = [...staticGraph(modules, "src/index.ts")];
    const adapters = graph.filter((target) =>
      /^src\/((stores|jobs)\/[^/]+\/|vectors\/external\/external-index|embedders\/|client\/)/.test(target),
    );
    expect(adapters).toEqual([]);
  });

  test("optional peers are loaded only when they are asked for", () => {
    const peers = Object.keys(manifest.peerDependencies);
    const eager = sources
      // Who imports the published suites has vitest.
      .filter(({ path }) => layerOf(path) !== "testing")
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, dynamic, typeOnly }) => !dynamic && !typeOnly && peers.includes(target))
          .map(({ target }) => `${path} imports ${target}`),
      );
    expect(eager).toEqual([]);
  });
});

describe("sources", () => {
  test("only the command line writes to the console", () => {
    const writers = sources.filter(
      ({ path, text }) =>
        layerOf(path) !== "cli" && /\bconsole\.\w+\(|\bprocess\.std(out|err)\b/.test(withoutComments(text)),
    );
    expect(writers.map(({ path }) => path)).toEqual([]);
  });

  test("files are small", () => {
    const lengths = sources
      .filter(({ path }) => !path.endsWith(".generated.ts"))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .sort((left, right) => left.lines - right.lines);
    const median = lengths[Math.floor(lengths.length / 2)]?.lines ?? 0;
    const longest = lengths.slice(-5).reverse();
    const list = longest.map(({ path, lines }) => `${lines} ${path}`).join(", ");
    process.stdout.write(`${lengths.length} files, median ${median} lines; longest: ${list}\n`);
    expect(median).toBeLessThanOrEqual(120);
    expect(longest[0]?.lines).toBeLessThanOrEqual(450);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/^\s*\/\/.*$/gm, "");
}
