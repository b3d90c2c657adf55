import type { KnipConfig } from "knip";
import { readEntries } from "./scripts/entries.ts";

export default {
  entry: [
    ...readEntries().map(({ source }) => source),
    "src/**/*-worker.ts",
    "scripts/*.ts",
    "examples/*.ts",
  ],
  project: ["src/**/*.ts", "test/**/*.ts", "scripts/*.ts", "examples/*.ts", "!**/*.as.ts"],
  // A constant that tells its module's own story may be public without having a second reader yet.
  ignoreExportsUsedInFile: true,
  // Run on the packed package, by the path of its command.
  ignoreDependencies: ["@arethetypeswrong/cli"],
  // Of Linux, for tests that mount a disk, and of the machine, for tests that speak TLS.
  ignoreBinaries: ["unshare", "openssl"],
} satisfies KnipConfig;
