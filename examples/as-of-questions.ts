/** What we know, what we knew then, and what was true when. */
import assert from "node:assert/strict";
import { type Clock, type Memory, openMemory } from "memoir";

// The clock is injected, so that a story of a year takes a moment to tell.
let today = "2026-01-10";
const clock: Clock = { now: () => Date.parse(today) };

await using memory = await openMemory("memory:", { clock });
const carol = memory.scope({ userId: "carol" });

async function ask(when: string, options: Parameters<Memory["search"]>[1] = {}): Promise<string | undefined> {
  const { hits } = await carol.search("which city does carol live in?", {
    mode: "semantic",
    limit: 1,
    ...options,
  });
  console.log(`${when.padEnd(34)} ${hits[0]?.text}`);
  return hits[0]?.text;
}

const { record } = await carol.add(
  { text: "Carol lives in the city of Lisbon", validFrom: "2024-05-01" },
  { actor: "intake" },
);

// In June she tells that she moved in March: the old fact ceases to be true, and a new one begins.
today = "2026-06-01";
await carol.update(
  record.id,
  { validTo: "2026-03-01" },
  { actor: "carol", reason: "moved", expectedVersion: record.version },
);
await carol.add({ text: "Carol lives in the city of Porto", validFrom: "2026-03-01" }, { actor: "carol" });

assert.match((await ask("today")) ?? "", /Porto/);
assert.match((await ask("as we knew it in April", { asOf: "2026-04-01" })) ?? "", /Lisbon/);
assert.match((await ask("what was true in April", { validAt: "2026-04-01" })) ?? "", /Porto/);
assert.match((await ask("what was true in 2025", { validAt: "2025-01-01" })) ?? "", /Lisbon/);
assert.equal(await ask("before anybody told us", { asOf: "2026-01-01" }), undefined);

const story = (await carol.history(record.id)).map(({ version, at, actor, reason }) => [
  version,
  at.slice(0, 10),
  actor,
  reason,
]);
assert.deepEqual(story, [
  [1, "2026-01-10", "intake", null],
  [2, "2026-06-01", "carol", "moved"],
]);
console.table(story);
