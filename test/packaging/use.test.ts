import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, inject, test } from "vitest";
import { folderIn, run } from "./install.ts";

const consumer = inject("consumer");

const PROGRAM = `
import { openMemory } from "memoir";

// A large write is done by a thread, and a warning would say that there is none.
const warn = (_, message) => console.error(message);
await using memory = await openMemory({ logger: { debug() {}, info() {}, warn, error: warn } });
await memory.add(Array.from({ length: 100 }, (_, index) => "Fact number " + index));
const alice = memory.scope({ userId: "alice" });
await alice.add(["Prefers aisle seats on planes", "Is allergic to peanuts"]);
const { hits } = await alice.search("where does she like to sit in an aircraft?");
const chat = alice.session("chat-1");
await chat.append({ role: "user", content: "Book me a flight to Rome" });
const context = await chat.context("Which seat shall I take?", { maxTokens: 500 });
console.log(JSON.stringify({ best: hits[0]?.text, tokens: context.tokens > 0 }));
`;

test("a program that imports the package remembers and finds", () => {
  const folder = folderIn(consumer, "program");
  writeFileSync(join(folder, "main.js"), PROGRAM);
  const { stdout, stderr } = run("node", ["main.js"], folder);
  expect(JSON.parse(stdout)).toEqual({ best: "Prefers aisle seats on planes", tokens: true });
  expect(stderr).toBe("");
});

test("the command line remembers and finds", () => {
  const folder = folderIn(consumer, "shell");
  const memoir = (...parameters: string[]) =>
    run("npx", ["--no-install", "memoir", ...parameters], folder).stdout;
  expect(memoir("--help")).toContain("search");
  expect(memoir("--version").trim()).toMatch(/^\d+\.\d+\.\d+$/);
  memoir("add", "Prefers aisle seats on planes", "--user", "alice");
  expect(memoir("search", "aircraft seat", "--user", "alice")).toContain("Prefers aisle seats on planes");
});

test.each(["NodeNext", "Bundler"])("a consumer's types are right with moduleResolution %s", (resolution) => {
  const folder = folderIn(consumer, `types-${resolution.toLowerCase()}`);
  const compilerOptions = {
    target: "ES2024",
    lib: ["ES2024", "ESNext.Disposable", "DOM"],
    module: resolution === "NodeNext" ? "NodeNext" : "ESNext",
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    // The declarations themselves are checked too.
    skipLibCheck: false,
    types: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  writeFileSync(join(folder, "main.ts"), CONSUMER);
  const { stdout } = run(resolve("node_modules/.bin/tsc"), ["--project", folder], folder);
  expect(stdout).toBe("");
});

const CONSUMER = `
import { ConflictError, type Filter, type MemoryRecord, openMemory, type SearchHit } from "memoir";
import "memoir/client";

const filter: Filter = { topics: { any: ["travel"] }, importance: { gte: 0.5 } };
// @ts-expect-error a field nobody knows
const wrong: Filter = { colour: "red" };

export async function seats(): Promise<readonly SearchHit[]> {
  await using memory = await openMemory("memory:");
  const { record } = await memory.add({ text: "Prefers aisle seats", topics: ["travel"] });
  const same: MemoryRecord | null = await memory.get(record.id);
  // @ts-expect-error records do not change in place
  record.text = "other";
  try {
    await memory.update(record.id, { pinned: true }, { expectedVersion: same?.version ?? 1 });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
  return (await memory.search("seat", { filter: wrong ?? filter })).hits;
}
`;
