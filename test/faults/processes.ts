import { expect } from "vitest";
import { openMemory } from "../../src/index.ts";
import { joined, show, tally } from "./ledger.ts";
import { checkStore, readAll } from "./operations.ts";
import { competeElsewhere, writeElsewhere } from "./writers.ts";

const NAMES = ["a", "b", "c", "d"];
const HANDLES = 2;
const KINDS = ["message", "push", "increment"] as const;

/** Four processes with two handles each make so many changes of one session at once; none may be lost. */
export async function fourProcessesWrite(title: string, store: string, changes = 10_000): Promise<void> {
  const count = Math.ceil(changes / (NAMES.length * HANDLES * KINDS.length));
  const writers = await Promise.all(
    NAMES.map((name) =>
      writeElsewhere({ store, name, count, kinds: KINDS, lanes: HANDLES, handles: HANDLES }),
    ),
  );
  expect(writers.map(({ code }) => code)).toEqual(NAMES.map(() => 0));
  const found = await readAll(store);
  const figures = tally(joined(writers), found);
  show(title, figures);
  const total = NAMES.length * HANDLES * count * KINDS.length;
  expect(figures).toEqual({ acknowledged: total, found: total, lost: 0, doubled: 0 });
  for (const lane of NAMES.flatMap((name) => [`${name}-0-`, `${name}-1-`])) {
    const own = Array.from({ length: count }, (_, index) => `${lane}${index}`);
    expect(found.messages.filter((id) => id.startsWith(lane))).toEqual(own);
    expect(found.pushes.filter((id) => id.startsWith(lane))).toEqual(own);
  }
  expect(await checkStore(store)).toEqual([]);
}

/** Four processes with two handles each race for every version of a record; each version has one winner. */
export async function fourProcessesCompete(store: string, count = 50): Promise<void> {
  const memory = await openMemory(store, { jobs: "memory:" });
  await memory.add({ id: "prize", text: "nobody's" });
  const won = await Promise.all(NAMES.map((name) => competeElsewhere(store, name, count)));
  expect(won.flat().toSorted((left, right) => left - right)).toEqual(
    Array.from({ length: count }, (_, index) => index + 2),
  );
  expect((await memory.get("prize"))?.version).toBe(count + 1);
  await memory.close();
}
