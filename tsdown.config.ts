import { globSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "tsdown";
import { readEntries } from "./scripts/entries.ts";
import { thirdPartyNotices } from "./scripts/third-party-notices.ts";

// Worker threads are started by file name, so they keep their place.
const workers = globSync("src/**/*-worker.ts").map((source) => source.slice("src/".length, -".ts".length));
const names = [...readEntries().map((entry) => entry.name), ...workers];

export default defineConfig({
  entry: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
  format: "esm",
  platform: "node",
  target: "node22.18",
  dts: true,
  fixedExtension: false,
  outputOptions: { chunkFileNames: "chunks/[name]-[hash].js" },
  deps: {
    // Everything else that is imported stays a dependency; a package that is not listed here cannot slip in.
    onlyBundle: [
      "@noble/hashes",
      "chrono-node",
      "croner",
      "gpt-tokenizer",
      "stream-chain",
      "stream-json",
      "ulid",
      "wink-porter2-stemmer",
      "zod",
    ],
    // Public types name none of it; reading its declarations only to drop them takes long.
    dts: { neverBundle: ["zod"] },
  },
  plugins: [thirdPartyNotices("THIRD-PARTY-NOTICES")],
  logLevel: "warn",
  // Its form for Node imports node:crypto, and the modules that everybody loads must run where there is none.
  alias: { ulid: resolve("node_modules/ulid/dist/browser/index.js") },
  inputOptions: { checks: { pluginTimings: false } },
});
