import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { markValue, readBlocks } from "./pages.ts";

// The page's own test file, run as it stands: its tests are registered by importing it.
const folder = resolve(".snippets/store");
mkdirSync(folder, { recursive: true });
for (const block of readBlocks("docs/write-a-store.md")) {
  const file = markValue(block, "file");
  if (file) writeFileSync(resolve(folder, file), block.text);
}
await import(resolve(folder, "acme-store.test.ts"));
