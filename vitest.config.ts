import { defineConfig } from "vitest/config";

// Generous, because nothing here measures time and test machines are slow.
const SECONDS = 1000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "main",
          include: ["test/**/*.test.ts"],
          exclude: ["test/packaging/**"],
          testTimeout: 60 * SECONDS,
          hookTimeout: 60 * SECONDS,
        },
      },
      {
        // Builds, packs and installs the package: `npm run test:packaging`.
        test: {
          name: "packaging",
          include: ["test/packaging/**/*.test.ts"],
          globalSetup: ["test/packaging/install.ts"],
          fileParallelism: false,
          testTimeout: 300 * SECONDS,
          hookTimeout: 300 * SECONDS,
        },
      },
    ],
  },
});
