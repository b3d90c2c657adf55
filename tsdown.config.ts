import { globSync } from "node:fs";
import { defineConfig } from "tsdown";
import { readEntries } from "./scripts/entries.ts";
import { thirdPartyNotices } from "./scripts/third-party-notices.ts";

// Worker threads are started by file name, so they keep their place.
const workers = globSync("src/**/*worker.ts").map((source) => source.slice("src/".length, -".ts".length));
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
    onlyBundle: ["@noble/hashes", "chrono-node", "gpt-tokenizer", "ulid", "wink-porter2-stemmer", "zod"],
  },
  plugins: [thirdPartyNotices("THIRD-PARTY-NOTICES")],
});
