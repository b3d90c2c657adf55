import { expect } from "vitest";
import { RECALL_MODES } from "../../core/recall.ts";
import type { Memory } from "../../memory.ts";
import type { SearchHit } from "../../operations.ts";
import { area } from "../suite.ts";
import { addFacts, expectScores, FACTS, idsOf } from "./facts.ts";
import type { MemoryFixture } from "./fixture.ts";

export const recall = area<MemoryFixture>("search", (verifies) => {
  for (const mode of RECALL_MODES) {
    verifies("search.relevant", `finds the right record first, ${mode}`, async ({ memory }) => {
      await addFacts(memory);
      for (const [id, , question] of FACTS) {
        const { hits, confidence } = await memory.search(question, { mode });
        expect(hits[0]?.id, question).toBe(id);
        expect(confidence >= 0 && confidence <= 1, `confidence ${confidence}`).toBe(true);
        expectScores(hits);
        for (const { distance } of hits) {
          if (mode === "keyword") expect(distance).toBeNull();
          else expect(distance !== null && distance >= 0 && distance <= 2, `distance ${distance}`).toBe(true);
        }
      }
    });
  }

  verifies("search.record", "gives whole records", async ({ memory }) => {
    await addFacts(memory);
    const [hit] = (await memory.search("cat tuna", { touch: false })).hits;
    const { score: _, distance: __, ...record } = hit as SearchHit;
    expect(record).toEqual(await memory.get("cat"));
  });

  verifies("search.keyword", "finds by words only what has one of them", async ({ memory }) => {
    await addFacts(memory);
    const { hits, total } = await memory.search("orchestra hospital", { mode: "keyword" });
    expect(idsOf(hits).sort()).toEqual(["job", "music"]);
    expect(total).toBe(2);
    const nothing = await memory.search("xylophone", { mode: "keyword" });
    expect(nothing).toEqual({ hits: [], total: 0, nextOffset: null, confidence: 0 });
  });

  verifies("search.filter-first", "filters before it ranks and cuts", async ({ memory }) => {
    const decoys = Array.from({ length: 60 }, (_, index) => ({
      text: `The cat Miso eats tuna, tuna and more tuna, said friend ${index}`,
      userId: "decoy",
      topics: ["decoy"],
    }));
    await memory.add(decoys);
    await memory.add(
      ["tea", "rain", "maps"].map((id) => ({ id, text: `Something about ${id}`, userId: "alice" })),
    );
    const wanted = ["maps", "rain", "tea"];
    const alice = memory.scope({ userId: "alice" });
    for (const mode of ["hybrid", "semantic"] as const) {
      const scoped = await alice.search("What does the cat eat, tuna?", { mode, limit: 3 });
      expect(idsOf(scoped.hits).sort()).toEqual(wanted);
      expect([scoped.total, scoped.nextOffset]).toEqual([3, null]);
      const filtered = await memory.search("tuna", {
        mode,
        limit: 3,
        filter: { topics: { none: ["decoy"] } },
      });
      expect(idsOf(filtered.hits).sort()).toEqual(wanted);
      expect(filtered.total).toBe(3);
    }
  });

  verifies("search.pages", "fills every page but the last and repeats nothing", async ({ memory }) => {
    await memory.add(
      Array.from({ length: 23 }, (_, index) => ({ text: `Visit ${index} to the cat shelter` })),
    );
    for (const mode of RECALL_MODES) {
      const whole = await memory.search("cat shelter", { mode, limit: 1000, touch: false });
      expect([whole.hits.length, whole.total, whole.nextOffset]).toEqual([23, 23, null]);
      const walked: SearchHit[] = [];
      const sizes: number[] = [];
      for (let offset: number | null = 0; offset !== null; ) {
        const page: Awaited<ReturnType<Memory["search"]>> = await memory.search("cat shelter", {
          mode,
          limit: 10,
          offset,
          touch: false,
        });
        walked.push(...page.hits);
        sizes.push(page.hits.length);
        expect(page.total).toBe(23);
        offset = page.nextOffset;
      }
      expect(sizes).toEqual([10, 10, 3]);
      expect(idsOf(walked)).toEqual(idsOf(whole.hits));
      expectScores(walked);
      expect((await memory.search("cat", { mode, offset: 23 })).hits).toEqual([]);
    }
  });

  verifies("search.ties", "breaks ties by id", async ({ memory }) => {
    const ids = ["d", "a", "c", "b"];
    await memory.add(ids.map((id) => ({ id, text: "The same words", userId: id })));
    for (const mode of RECALL_MODES) {
      const { hits } = await memory.search("same words", { mode });
      expect(idsOf(hits)).toEqual(["a", "b", "c", "d"]);
      expect(new Set(hits.map(({ score }) => score)).size).toBe(1);
    }
  });

  verifies("search.thresholds", "leaves out what scores too low or lies too far", async ({ memory }) => {
    await addFacts(memory);
    const question = "What food does the cat eat, tuna?";
    for (const mode of RECALL_MODES) {
      const all = await memory.search(question, { mode, limit: 100 });
      const bar = all.hits[0]?.score ?? 1;
      const some = await memory.search(question, { mode, limit: 100, minScore: bar });
      const expected = all.hits.filter(({ score }) => score >= bar);
      expect(idsOf(some.hits)).toEqual(idsOf(expected));
      expect(some.total).toBe(expected.length);
    }
    const { hits } = await memory.search(question, { mode: "semantic", limit: 100 });
    const far = hits[2]?.distance ?? 2;
    const near = await memory.search(question, { mode: "semantic", limit: 100, maxDistance: far });
    expect(idsOf(near.hits)).toEqual(idsOf(hits.slice(0, 3)));
  });

  verifies("search.explain", "explains a score on request", async ({ memory }) => {
    await addFacts(memory);
    for (const mode of RECALL_MODES) {
      const { hits } = await memory.search("cat tuna", { mode, explain: true });
      const explanation = hits[0]?.explanation;
      expect(Object.keys(explanation?.parts ?? {}).length).toBeGreaterThan(0);
      expect(explanation?.matched ?? []).toEqual(mode === "semantic" ? [] : ["cat", "tuna"]);
      expect(explanation?.similarity === null).toBe(mode === "keyword");
      expect(explanation?.words === null).toBe(mode === "semantic");
      const plain = await memory.search("cat tuna", { mode });
      expect(plain.hits.every((hit) => !("explanation" in hit))).toBe(true);
    }
  });
});
