import { expect } from "vitest";
import { RECALL_MODES } from "../../core/recall.ts";
import type { SearchOptions } from "../../operations.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { addFacts, expectScores } from "./facts.ts";
import { codeOf, fieldsOf, type MemoryFixture } from "./fixture.ts";

export const recallInputs = area<MemoryFixture>("search input", (verifies) => {
  verifies("search.empty", "answers emptily where there is nothing", async ({ memory }) => {
    const nothing = { hits: [], total: 0, nextOffset: null, confidence: 0 };
    for (const mode of RECALL_MODES) expect(await memory.search("anything", { mode })).toEqual(nothing);
    await memory.add("something");
    expect(await memory.scope({ userId: "nobody" }).search("something")).toEqual(nothing);
  });

  verifies("search.any-text", "takes any well-formed query", async ({ memory }) => {
    await addFacts(memory);
    const queries = [
      ...ODD_TEXTS,
      "AND OR NOT NEAR",
      'id:"x" OR *',
      "(((",
      "-cat",
      `${"tuna ".repeat(20_000)}`,
    ];
    for (const query of queries) {
      for (const mode of RECALL_MODES) {
        const { hits } = await memory.search(query, { mode, limit: 3, touch: false });
        expectScores(hits);
        if (mode !== "keyword") expect(hits).toHaveLength(3);
      }
    }
  });

  verifies("search.odd-records", "finds records by odd words", async ({ memory }) => {
    const texts = [
      "naïve café déjà vu",
      "東京 で 会う",
      "Straße nach Łódź",
      "שלום עולם",
      "O'Reilly's C++ e-mail x_y@z.org",
    ];
    await memory.add(texts);
    for (const text of texts) expect((await memory.search(text)).hits[0]?.text).toBe(text);
  });

  verifies("search.refused", "refuses wrong options by name", async ({ memory }) => {
    await memory.add("something");
    const wrong: [object, string][] = [
      [{ mode: "psychic" }, "mode"],
      [{ limit: 0 }, "limit"],
      [{ limit: 1001 }, "limit"],
      [{ offset: -1 }, "offset"],
      [{ minScore: 2 }, "minScore"],
      [{ maxDistance: 1 }, "maxDistance"],
      [{ mode: "semantic", maxDistance: 3 }, "maxDistance"],
      [{ hybridAlpha: -0.1 }, "hybridAlpha"],
      [{ validAt: "soon" }, "validAt"],
      [{ recency: { halfLifeCreatedDays: -1 } }, "recency.halfLifeCreatedDays"],
    ];
    for (const [options, field] of wrong)
      expect(await fieldsOf(memory.search("x", options as SearchOptions)), field).toEqual([field]);
    expect(await codeOf(memory.search(undefined as unknown as string))).toBe("invalid_input");
  });
});
