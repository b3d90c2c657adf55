import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { readEntries } from "./scripts/entries.ts";

// Generous, because nothing here measures time and test machines are slow.
const SECONDS = 1000;

// The package's own name means its sources, as in the compiler's paths.
const alias = readEntries().flatMap(({ specifier, source }) =>
  specifier === null ? [] : [{ find: new RegExp(`^${specifier}$`), replacement: resolve(source) }],
);

export default defineConfig({
  test: {
    // Two even on two cores: much of the time is spent waiting for servers and processes.
    maxWorkers: "100%",
    projects: [
      {
        resolve: { alias },
        test: {
          name: "main",
          include: ["test/**/*.test.ts"],
          exclude: ["test/packaging/**"],
          // Starts no server before a test asks for it.
          globalSetup: ["test/temporary.ts", "test/servers/keeper.ts"],
          testTimeout: 180 * SECONDS,
          hookTimeout: 180 * SECONDS,
          expect: { poll: { timeout: 30 * SECONDS } },
        },
      },
      {
        // Builds, packs and installs the package: `npm run test:packaging`.
        test: {
          name: "packaging",
          include: ["test/packaging/**/*.test.ts"],
          globalSetup: ["test/temporary.ts", "test/packaging/install.ts"],
          fileParallelism: false,
          testTimeout: 300 * SECONDS,
          hookTimeout: 300 * SECONDS,
        },
      },
    ],
  },
});
