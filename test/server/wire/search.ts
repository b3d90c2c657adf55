import { expect } from "vitest";
import type { Chapter, Wire } from "./suite.ts";

const search = async ({ api }: Pick<Wire, "api">, request: object) => {
  const answer = await api.post("/v1/long-term-memory/search", request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};

/** Stores records of one new user and gives that user. */
async function stored(wire: Wire, memories: object[]): Promise<string> {
  const user = wire.fresh();
  const answer = await wire.api.post("/v1/long-term-memory/", {
    memories: memories.map((memory) => ({ id: wire.fresh(), user_id: user, ...memory })),
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return user;
}

const texts = (body: { memories: { text: string }[] }) => body.memories.map((memory) => memory.text).sort();

export const searching: Chapter = {
  title: "search",
  rules(rule) {
    rule("9.3", "semantic search orders by distance and scores what is left of it", async (wire) => {
      const user = await stored(wire, [
        { text: "Alice drinks green tea every morning" },
        { text: "The train to Rome leaves at noon" },
        { text: "The server room is cooled with water" },
      ]);
      const body = await search(wire, {
        text: "what tea does Alice drink",
        user_id: { eq: user },
        recency_boost: false,
      });
      expect(body.memories).toHaveLength(3);
      expect(body.memories[0].text).toMatch(/tea/);
      const distances = body.memories.map((memory: { dist: number }) => memory.dist);
      expect(distances).toEqual([...distances].sort((left, right) => left - right));
      for (const { dist, score, score_type } of body.memories) {
        expect(score).toBeCloseTo(Math.max(0, 1 - dist));
        expect(score_type).toBe("semantic");
      }
    });

    rule("9.3", "a threshold leaves out what is farther, in semantic mode only", async (wire) => {
      const user = await stored(wire, [{ text: "green tea" }, { text: "quarterly tax report" }]);
      const body = await search(wire, {
        text: "green tea",
        user_id: { eq: user },
        distance_threshold: 0.3,
      });
      expect(texts(body)).toEqual(["green tea"]);
      for (const search_mode of ["keyword", "hybrid"]) {
        const refused = await wire.api.post("/v1/long-term-memory/search", {
          text: "x",
          search_mode,
          distance_threshold: 0.3,
        });
        expect([refused.status, refused.body.detail]).toEqual([
          400,
          "distance_threshold is only supported for semantic search mode",
        ]);
      }
    });

    rule(
      "9.3",
      "keyword search finds words only; the best hit scores 1 and dist is the rest",
      async (wire) => {
        const user = await stored(wire, [
          { text: "alpha beta beta" },
          { text: "alpha gamma delta epsilon zeta" },
          { text: "nothing of the kind" },
        ]);
        const body = await search(wire, {
          text: "alpha beta",
          search_mode: "keyword",
          user_id: { eq: user },
          recency_boost: false,
        });
        expect(texts(body)).toEqual(["alpha beta beta", "alpha gamma delta epsilon zeta"]);
        expect(body.memories[0]).toMatchObject({ text: "alpha beta beta", score: 1, dist: 0 });
        for (const { dist, score, score_type } of body.memories) {
          expect(dist).toBeCloseTo(1 - score);
          expect(score_type).toBe("keyword");
        }
      },
    );

    rule("9.3", "hybrid search reports like keyword search", async (wire) => {
      const user = await stored(wire, [{ text: "a cup of tea" }, { text: "a bus to town" }]);
      const body = await search(wire, {
        text: "tea",
        search_mode: "hybrid",
        hybrid_alpha: "0.5",
        text_scorer: "TFIDF",
        user_id: { eq: user },
        recency_boost: false,
      });
      expect(body.memories[0]).toMatchObject({ text: "a cup of tea", score: 1, score_type: "hybrid" });
    });

    rule("9.4", "without text it lists, whatever the mode, with dist 0 and no score", async (wire) => {
      const user = await stored(wire, [{ text: "one" }, { text: "two" }]);
      for (const text of [null, "", "  "]) {
        const body = await search(wire, { text, search_mode: "keyword", user_id: { eq: user } });
        expect(texts(body)).toEqual(["one", "two"]);
        for (const memory of body.memories)
          expect(memory).toMatchObject({ dist: 0, score: null, score_type: null });
      }
    });

    rule("9.5", "total is a total, pages are full, and next_offset leads through them all", async (wire) => {
      const user = await stored(
        wire,
        Array.from({ length: 7 }, (_, index) => ({ text: `tea number ${index}` })),
      );
      for (const text of [null, "tea"]) {
        const seen: string[] = [];
        let offset: number | null = 0;
        for (let page = 0; offset !== null && page < 9; page++) {
          const body = await search(wire, { text, user_id: { eq: user }, limit: 3, offset });
          expect(body.total).toBe(7);
          expect(body.memories).toHaveLength(offset === 6 ? 1 : 3);
          seen.push(...texts(body));
          offset = body.next_offset;
        }
        expect(new Set(seen).size).toBe(7);
      }
    });

    rule("9.1", "limit is 1 to 100, offset 0 or more, alpha 0 to 1", async ({ api }) => {
      for (const [request, field] of [
        [{ limit: 0 }, "limit"],
        [{ limit: 101 }, "limit"],
        [{ offset: -1 }, "offset"],
        [{ hybrid_alpha: 1.1 }, "hybrid_alpha"],
        [{ search_mode: "odd" }, "search_mode"],
      ] as const) {
        const answer = await api.post("/v1/long-term-memory/search", request);
        expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ["body", field]]);
      }
      expect((await api.post("/v1/long-term-memory/search?optimize_query=true", { text: "x" })).status).toBe(
        200,
      );
    });

    rule(
      "9.2",
      "tag filters: eq, ne, any, all, startswith and the operators clients document",
      async (wire) => {
        const user = await stored(wire, [
          { text: "ab", topics: ["a", "b"], namespace: "x" },
          { text: "a", topics: ["a"], namespace: "xy" },
          { text: "none" },
        ]);
        const cases: [object, string[]][] = [
          [{ topics: { eq: "a" } }, ["a", "ab"]],
          [{ topics: { ne: "b" } }, ["a", "none"]],
          [{ topics: { any: ["b", "c"] } }, ["ab"]],
          [{ topics: { all: ["a", "b"] } }, ["ab"]],
          [{ topics: { none: ["b"] } }, ["a", "none"]],
          [{ namespace: { eq: "x" } }, ["ab"]],
          [{ namespace: { startswith: "x" } }, ["a", "ab"]],
          [{ namespace: { ne: "x" } }, ["a", "none"]],
          [{ namespace: { not_eq: "x" } }, ["a", "none"]],
          [{ namespace: { in_: ["x", "z"] } }, ["ab"]],
          [{ namespace: { not_in: ["x", "xy"] } }, ["none"]],
          [{ namespace: { exists: false } }, ["none"]],
          [{ namespace: "xy" }, ["a"]],
          [{ namespace: { eq: "x", ne: null, any: null } }, ["ab"]],
          [{ topics: { eq: "a" }, namespace: { eq: "xy" } }, ["a"]],
        ];
        for (const [filter, expected] of cases)
          expect(
            texts(await search(wire, { user_id: { eq: user }, ...filter })),
            JSON.stringify(filter),
          ).toEqual(expected);
      },
    );

    rule(
      "9.2",
      "combinations that make no sense, unknown operators and nothing at all are 422",
      async ({ api }) => {
        const bad = [
          { eq: "a", ne: "b" },
          { any: ["a"], all: ["b"] },
          { any: [] },
          { all: [] },
          { in_: [] },
          { startswith: "" },
          { startswith: "a", eq: "b" },
          { like: "a" },
          {},
          { eq: null },
          { eq: 5 },
          { any: "a" },
          { field: "user_id", eq: "a", like: "b" },
        ];
        for (const filter of bad) {
          const answer = await api.post("/v1/long-term-memory/search", { topics: filter });
          expect(answer.status, JSON.stringify(filter)).toBe(422);
          expect(answer.body.detail[0].loc.slice(0, 2)).toEqual(["body", "topics"]);
        }
      },
    );

    rule("9.2", "a filter object cannot turn to another field", async (wire) => {
      const user = await stored(wire, [{ text: "mine", session_id: "s" }]);
      const body = await search(wire, { session_id: { field: "user_id", eq: user } });
      expect(body.memories).toEqual([]);
    });

    rule("9.2", "types are filtered by their names only", async (wire) => {
      const user = await stored(wire, [
        { text: "fact" },
        { text: "event", memory_type: "episodic" },
        { text: "turn", memory_type: "message" },
      ]);
      const found = async (memory_type: unknown) =>
        texts(await search(wire, { user_id: { eq: user }, memory_type }));
      expect(await found({ eq: "semantic" })).toEqual(["fact"]);
      expect(await found({ ne: "message" })).toEqual(["event", "fact"]);
      expect(await found({ any: ["episodic", "message"] })).toEqual(["event", "turn"]);
      expect(await found({ not_in: ["episodic", "message"] })).toEqual(["fact"]);
      const refused = await wire.api.post("/v1/long-term-memory/search", { memory_type: { eq: "odd" } });
      expect([refused.status, refused.body.detail[0].type]).toEqual([422, "enum"]);
    });

    rule(
      "9.2",
      "time filters compare whole seconds, all bounds count, and an absent date never matches",
      async (wire) => {
        const day = (number: number, rest = "T00:00:00Z") => `2026-03-0${number}${rest}`;
        const user = await stored(wire, [
          { text: "1", event_date: day(1) },
          { text: "2", event_date: day(2, "T00:00:00.700000Z") },
          { text: "3", event_date: day(3) },
          { text: "undated" },
        ]);
        const cases: [object, string[]][] = [
          [{ eq: day(2) }, ["2"]],
          [{ ne: day(2) }, ["1", "3", "undated"]],
          [{ gt: day(2) }, ["3"]],
          [{ gte: day(2) }, ["2", "3"]],
          [{ lt: day(2) }, ["1"]],
          [{ lte: day(2) }, ["1", "2"]],
          [{ between: [day(1), day(2)] }, ["1", "2"]],
          [{ gt: day(1), lt: day(3) }, ["2"]],
          [{ gte: day(1), lte: day(3), gt: day(2) }, ["3"]],
          [{ gte: "2026-03-02" }, ["2", "3"]],
          [{ exists: false }, ["undated"]],
        ];
        for (const [event_date, expected] of cases)
          expect(
            texts(await search(wire, { user_id: { eq: user }, event_date })),
            JSON.stringify(event_date),
          ).toEqual(expected);
      },
    );

    rule("9.2", "malformed time filters are 422", async ({ api }) => {
      for (const filter of [
        { between: ["2026-01-01"] },
        { between: ["2026-01-01", "2026-01-02", "2026-01-03"] },
        { between: ["2026-01-01", "2026-01-02"], gt: "2026-01-01" },
        { between: ["2026-01-01", "2026-01-02"], eq: "2026-01-01" },
        { gt: "some day" },
        {},
      ]) {
        const answer = await api.post("/v1/long-term-memory/search", { created_at: filter });
        expect(answer.status, JSON.stringify(filter)).toBe(422);
      }
    });

    rule("18", "scopes are compared exactly, and an empty result is never widened", async (wire) => {
      const user = await stored(wire, [{ text: "tea", namespace: "Home" }]);
      for (const filter of [
        { namespace: { eq: "home" } },
        { namespace: { eq: "Hom" } },
        { namespace: { eq: "Home" }, topics: { eq: "x" } },
        { namespace: { eq: "empty" } },
      ]) {
        const body = await search(wire, { text: "tea", user_id: { eq: user }, ...filter });
        expect(body).toEqual({ memories: [], total: 0, next_offset: null });
      }
      expect((await search(wire, { text: "tea", user_id: { eq: `${user},x` } })).total).toBe(0);
    });

    rule(
      "9.7",
      "found records count as used when recency ranking is on and the last use is long ago",
      async ({ own }) => {
        const { api, memory, clock } = await own();
        const last_accessed = "2026-05-04T09:00:00Z";
        await api.post("/v1/long-term-memory/", { memories: [{ id: "a", text: "tea", last_accessed }] });
        const used = async () => {
          await memory.get("a");
          return (await api.get("/v1/long-term-memory/a")).body.access_count;
        };
        await search({ api }, { text: "tea", recency_boost: false });
        expect(await used()).toBe(0);
        await search({ api }, { text: "tea" });
        await expect.poll(used).toBe(1);
        await search({ api }, { text: "tea" });
        expect(await used()).toBe(1);
        clock.advance(900);
        await search({ api }, {});
        await expect.poll(used).toBe(2);
      },
    );

    rule("10", "recency is on by default and can be switched off", async (wire) => {
      const old = { created_at: "2025-01-01", last_accessed: "2025-01-01" };
      const user = await stored(wire, [{ text: "tea tea", ...old }, { text: "a tea of sorts" }]);
      const first = async (more: object) =>
        (await search(wire, { text: "tea tea", user_id: { eq: user }, ...more })).memories[0].text;
      expect(await first({ recency_boost: false })).toBe("tea tea");
      expect(await first({ recency_semantic_weight: 0 })).toBe("a tea of sorts");
      expect(await first({ recency_recency_weight: 0 })).toBe("tea tea");
    });

    rule("10", "a listing comes with the most recently used first, by the weights given", async (wire) => {
      const memories = [
        { text: "used", created_at: "2026-01-01", last_accessed: "2026-05-04" },
        { text: "new", created_at: "2026-05-03", last_accessed: "2026-04-01" },
        { text: "old", created_at: "2026-01-02", last_accessed: "2026-01-02" },
      ];
      // Listing counts as use, so each listing is of records nobody has listed yet.
      const order = async (more: object) => {
        const user = await stored(wire, memories);
        const { memories: listed } = await search(wire, { user_id: { eq: user }, ...more });
        return listed.map((memory: { text: string }) => memory.text);
      };
      expect(await order({})).toEqual(["used", "new", "old"]);
      expect(await order({ recency_freshness_weight: 0 })).toEqual(["new", "old", "used"]);
      expect(await order({ recency_novelty_weight: 0, recency_half_life_last_access_days: 1000 })).toEqual([
        "used",
        "new",
        "old",
      ]);
      expect(await order({ recency_boost: false })).toEqual(["new", "old", "used"]);
      expect(await order({ recency_boost: false, server_side_recency: true })).toEqual([
        "used",
        "new",
        "old",
      ]);
    });
  },
};
