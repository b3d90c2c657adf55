import { readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exportLines } from "../../src/cli/export-lines.ts";
import { Importer } from "../../src/cli/import/importer.ts";
import { readImported } from "../../src/cli/import/read.ts";
import { findSource } from "../../src/cli/import/source.ts";
import { MemoirError } from "../../src/core/errors.ts";
import type { SessionOperation } from "../../src/core/session/operations.ts";
import type { Store } from "../../src/core/store.ts";
import { type Memory, openMemory, type RecordInput } from "../../src/index.ts";
import { compareStores } from "../../src/migration/compare.ts";
import { copyAliases, copyChanges } from "../../src/migration/migrate.ts";
import { arbitraryInputs, arbitraryOperation } from "../../src/testing/index.ts";
import { jsonLines, temporaryFolder } from "../cli/memoir.ts";
import { storeKinds } from "./stores.ts";

const { signal } = new AbortController();

type Step = (memory: Memory) => Promise<unknown>;

const id = fc.constantFrom("a", "b", "c", "d");
const input = arbitraryInputs({ minLength: 1, maxLength: 1 }).map(([one]) => one as RecordInput);

/** What a program may do, in any order; a third text is there already, so that ids are merged. */
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(id, input).map(
      ([id, given]): Step =>
        (memory) =>
          memory.add({ ...given, id }),
    ),
  },
  {
    weight: 1,
    arbitrary: id.map(
      (id): Step =>
        (memory) =>
          memory.add({ id, text: "Likes tea" }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, input).map(
      ([id, { text }]): Step =>
        (memory) =>
          memory.update(id, { text }, { actor: "ann", reason: "asked" }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.boolean()).map(
      ([id, erase]): Step =>
        (memory) =>
          memory.delete(id, { erase }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("x", "y"), fc.array(arbitraryOperation(), { minLength: 1, maxLength: 4 }))
      .map(
        ([chat, operations]): Step =>
          (memory) =>
            memory.session(chat).apply(operations.map(lasting)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("x", "y").map(
      (chat): Step =>
        (memory) =>
          memory.session(chat).end(),
    ),
  },
);

/** Nothing expires while it is compared. */
function lasting(operation: SessionOperation): SessionOperation {
  if ("seconds" in operation && operation.seconds !== null)
    return { ...operation, seconds: operation.seconds * 1000 };
  if (operation.operation !== "replace" || operation.content.ttlSeconds === null) return operation;
  return { ...operation, content: { ...operation.content, ttlSeconds: operation.content.ttlSeconds * 1000 } };
}

const steps = fc.array(step, { minLength: 6, maxLength: 20 });

const over = (store: Store) =>
  openMemory({ store: { ...store, close: async () => {} }, workers: 0, jobs: "memory:" });

/** Does all of it, but for what is refused. */
async function perform(store: Store, all: readonly Step[]): Promise<void> {
  await using memory = await over(store);
  for (const one of all)
    await one(memory).catch((error: unknown) => {
      if (!MemoirError.is(error)) throw error;
    });
}

async function exported(memory: Memory): Promise<string> {
  const file = join(temporaryFolder(), "export.jsonl");
  const written = { records: 0, sessions: 0 };
  for await (const line of exportLines(memory, { signal, written })) await appendFile(file, `${line}\n`);
  return file;
}

async function imported(memory: Memory, file: string): Promise<void> {
  const refused: string[] = [];
  const importer = new Importer({
    memory,
    signal,
    sessions: false,
    update: false,
    onInvalid: (place, reason) => void refused.push(`${place}: ${reason}`),
  });
  const { currentScope: scope } = memory;
  for await (const reading of readImported(await findSource(file), { format: null, scope, signal }))
    if ("imported" in reading) await importer.put(reading.imported, reading.place);
  await importer.flush();
  expect(refused).toEqual([]);
}

/** What an export tells, but for what each store counts by itself. */
function told(file: string): unknown[] {
  // Of a fixed expiry, which is an instant, what is left is counted from when it is written.
  const counted = ["version", "updatedAt", "lastAccessedAt", "accessCount", "expiresAt", "ttlSeconds"];
  const lines = jsonLines(readFileSync(file, "utf8")) as Record<string, Record<string, object>>[];
  return lines
    .flatMap(({ record, session }) => record ?? session ?? [])
    .map((one) => Object.fromEntries(Object.entries(one).filter(([name]) => !counted.includes(name))))
    .sort((left, right) =>
      JSON.stringify([left["id"], left["sessionId"]]) < JSON.stringify([right["id"], right["sessionId"]])
        ? -1
        : 1,
    );
}

const kinds = await storeKinds();

describe.each(kinds)("whatever happened to a store in $name,", ({ empty }) => {
  test.each(kinds)("a migration to $name leaves both equal", { timeout: 120_000 }, async (to) => {
    const property = fc.asyncProperty(steps, async (all) => {
      const [source, target] = [await empty("source"), await to.empty("target")];
      await perform(source, all);
      const migration = { from: source, to: target, name: "source", signal };
      await copyChanges(migration);
      await copyAliases(migration);
      expect((await compareStores(source, target, signal)).differences).toEqual([]);
      await source.close();
      await target.close();
    });
    await fc.assert(property, { numRuns: 4, endOnFailure: true });
  });

  test.each(kinds)("an export imported into $name is exported again", { timeout: 120_000 }, async (to) => {
    const property = fc.asyncProperty(steps, async (all) => {
      const [source, target] = [await empty("source"), await to.empty("target")];
      await perform(source, all);
      const [mine, theirs] = [await over(source), await over(target)];
      const file = await exported(mine);
      await imported(theirs, file);
      expect(told(await exported(theirs))).toEqual(told(file));
      for (const memory of [mine, theirs]) await memory.close();
      for (const store of [source, target]) await store.close();
    });
    await fc.assert(property, { numRuns: 2, endOnFailure: true });
  });
});
