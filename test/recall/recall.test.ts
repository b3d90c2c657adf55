import { beforeAll, describe, expect, test } from "vitest";
import type { Embedder } from "../../src/core/embedder.ts";
import type { Filter } from "../../src/core/filter/filter.ts";
import { parseFilter } from "../../src/core/filter/parse.ts";
import type { Recall, RecallAnswer, RecallRequest } from "../../src/core/recall.ts";
import { UNRESTRICTED } from "../../src/core/scope.ts";
import type { RecordStore } from "../../src/core/store.ts";
import { createStaticEmbedder } from "../../src/embedders/static.ts";
import { createLocalRecall } from "../../src/local-recall.ts";
import { createMemoryStore } from "../../src/stores/memory/index.ts";
import { at, makeRecord, type NewRecord, putRecord, START } from "../../src/testing/build.ts";

const TENANT = "acme";
const DAY = 86_400;

let embedder: Embedder;
beforeAll(async () => {
  embedder = await createStaticEmbedder();
});

interface Remembered {
  readonly recall: Recall;
  readonly store: RecordStore;
  search(
    text: string,
    options?: Partial<Omit<RecallRequest, "filter">> & { filter?: Filter },
  ): Promise<RecallAnswer>;
  best(text: string, options?: Partial<Omit<RecallRequest, "filter">>): Promise<string | undefined>;
}

/** A memory of these texts; an id is a number in the order given, unless the record says another. */
async function remember(
  records: readonly (string | (Partial<NewRecord> & { text: string }))[],
): Promise<Remembered> {
  const store = createMemoryStore();
  const { indexer, recall } = createLocalRecall({ store, embedder });
  const made = records.map((record, index) =>
    makeRecord(`${index}`, typeof record === "string" ? { text: record } : record),
  );
  const entries = await indexer.entries(made);
  const writes = made.flatMap((record, index) => {
    const entry = entries[index];
    return entry ? [putRecord(record, { entry })] : [];
  });
  await store.write(TENANT, { writes, now: START });
  const search: Remembered["search"] = (text, { filter = {}, ...options } = {}) =>
    recall.search({
      scope: { ...UNRESTRICTED, tenant: TENANT },
      filter: parseFilter(filter),
      now: START,
      text,
      mode: "hybrid",
      limit: 10,
      offset: 0,
      recency: null,
      explain: false,
      ...options,
    });
  return { recall, store, search, best: async (text, options) => (await search(text, options)).hits[0]?.id };
}

const NOTES = [
  "Prefers aisle seats; tall, hates the window",
  "Allergic to peanuts and shellfish",
  "The car is a blue Volvo from 2011",
  "Works as a nurse in the children's hospital",
  "Plays the cello in an amateur orchestra",
  "Sister Ines lives in Lisbon",
];

describe("recall", () => {
  test.each([
    ["where does she like to sit on a plane?", "0"],
    ["what food must be avoided?", "1"],
    ["which vehicle does she drive", "2"],
    ["music", "4"],
    ["Ines", "5"],
  ])("%j finds what it is about", async (question, id) => {
    expect(await (await remember(NOTES)).best(question)).toBe(id);
  });

  test("tells what meaning gave, also to the only record there is", async () => {
    const memory = await remember(["Prefers aisle seats on a plane"]);
    const { hits } = await memory.search("where to sit when flying?", { explain: true });
    const { meaning = 0 } = hits[0]?.explanation?.parts ?? {};
    expect(meaning).toBeGreaterThan(0);
    expect(meaning).toBeLessThanOrEqual(0.5);
  });

  test("takes a short answer's meaning from the question before it", async () => {
    const said = (speaker: string, text: string, second: number) => ({
      text,
      speaker,
      sessionId: "chat",
      createdAt: at(second),
    });
    const memory = await remember([
      said("Ada", "Good morning!", 0),
      said("Ada", "Which instrument did you learn at school?", 1),
      said("Ben", "The bassoon, but only for a year.", 2),
      said("Ada", "I would love to hear that.", 3),
      said("Ben", "Maybe one day.", 4),
    ]);
    const explained = await memory.search("Which instrument did Ben learn at school?", { explain: true });
    expect(explained.hits.slice(0, 2).map(({ id }) => id)).toContain("2");
    const answer = explained.hits.find(({ id }) => id === "2");
    expect(answer?.explanation).toMatchObject({ matched: [] });
    expect(answer?.explanation?.words).toBeGreaterThan(0);
  });

  test("knows who said it", async () => {
    const memory = await remember([
      { text: "I adopted a dog last spring", speaker: "Ada" },
      { text: "I adopted a dog last spring", speaker: "Ben" },
    ]);
    expect(await memory.best("When did Ben adopt a dog?")).toBe("1");
    expect(await memory.best("When did Ada adopt a dog?")).toBe("0");
  });

  test("prefers what people said of themselves to what an assistant said", async () => {
    const memory = await remember([
      { text: "You could run the marathon in Berlin", speaker: "assistant" },
      { text: "I could run the marathon in Berlin", speaker: "user" },
    ]);
    expect(await memory.best("Which marathon could I run?")).toBe("1");
  });

  test("minds a question less from the user, who asks and tells in the same breath, than from others", async () => {
    const text = "Our bakery opens in March, is that too early?";
    const said = await remember([
      { text, speaker: "Carol" },
      { text, speaker: "user" },
      { text: text.slice(0, text.indexOf(",")), speaker: "user" },
    ]);
    const { hits } = await said.search("opening of the bakery", { explain: true });
    const asks = new Map(hits.map(({ id, explanation }) => [id, explanation?.parts["asks"]]));
    expect(asks.get("0")).toBeLessThan(0);
    expect(asks.get("1")).toBe((asks.get("0") ?? 0) / 2);
    expect(asks.get("2")).toBe(0);
  });

  test("knows when it was", async () => {
    const dinner = (createdAt: string) => ({ text: "Dinner with the team, very good", createdAt });
    const memory = await remember([dinner("2023-03-02T20:00:00Z"), dinner("2023-05-03T20:00:00Z")]);
    expect(await memory.best("Who was at the dinner on May 3, 2023?")).toBe("1");
    expect(await memory.best("Who was at the dinner in March?")).toBe("0");
    const told = await remember([
      { text: "Dinner with the team", createdAt: "2023-05-03T20:00:00Z", eventDate: "2020-01-01T00:00:00Z" },
      { text: "Dinner with the team", createdAt: "2023-05-03T20:00:00Z" },
    ]);
    expect(await told.best("dinner in May 2023")).toBe("1");
  });

  test("reads Chinese", async () => {
    const memory = await remember(["妹妹住在上海", "我对花生过敏", "下周六在北京开会"]);
    expect(await memory.best("会议在哪里开？")).toBe("2");
    expect(await memory.best("对什么过敏？")).toBe("1");
  });

  test("in Chinese follows the best hit to what else is said of the one it names", async () => {
    const memory = await remember([
      "我舅舅的电话号码是13280794791",
      "我同事是律师",
      "我上司是护士",
      "我表姐住在上海",
      "我舅舅是干销售的",
    ]);
    const { hits } = await memory.search("那个电话号码是13280794791的人干什么？");
    expect(hits.slice(0, 2).map(({ id }) => id)).toEqual(["0", "4"]);
  });

  test("puts what the user wants from now on before what is as unrelated, unless an assistant said it", async () => {
    const memory = await remember([
      { text: "The printer is out of toner", speaker: "user" },
      { text: "Always give dates with the weekday", speaker: "user" },
      { text: "Always give dates with the weekday", speaker: "assistant" },
      { text: "I have always liked weekdays", speaker: "user" },
      "I prefer short answers",
    ]);
    const { hits } = await memory.search("Where is the nearest bakery?", { explain: true });
    const instructs = (id: string) => hits.find((hit) => hit.id === id)?.explanation?.parts["instructs"];
    expect(["0", "1", "2", "3", "4"].map(instructs)).toEqual([0, 0.15, 0, 0, 0.15]);
    expect(hits.findIndex(({ id }) => id === "1")).toBeLessThan(hits.findIndex(({ id }) => id === "0"));
  });

  test("finds what answers each of several questions", async () => {
    const memory = await remember([...NOTES, "Plays tennis on Sundays with a nurse from the hospital"]);
    const { hits } = await memory.search("Where does the nurse work, in the hospital? Who lives in Lisbon?");
    expect(
      hits
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["3", "5"]);
  });

  test("goes by all of a session that is near the question, not only by the best of it", async () => {
    const said = (sessionId: string, text: string) => ({ sessionId, text });
    const memory = await remember([
      said("a", "We went to the lighthouse"),
      said("a", "Bread is in the oven"),
      said("a", "My bicycle has a flat tyre"),
      said("b", "We went to the lighthouse"),
      said("b", "The lighthouse was closed"),
      said("b", "From the lighthouse one sees the bay"),
      said("c", "Nothing else happened"),
    ]);
    const { hits } = await memory.search("lighthouse", { explain: true });
    const session = (id: string) => hits.find((hit) => hit.id === id)?.explanation?.parts["session"] ?? 0;
    expect(session("3")).toBeGreaterThan(session("0"));
    expect(session("0")).toBeGreaterThan(session("6"));
  });

  test("is sure of what one said when another asked for it, and unsure of what only another did", async () => {
    const answered = await remember([
      { text: "Who is looking after your dog?", speaker: "Dave" },
      { text: "My neighbour Erin is, she has two of her own", speaker: "Carol" },
    ]);
    expect((await answered.search("Who cares for Carol's dog?")).confidence).toBeGreaterThan(0.7);
    const another = await remember([
      { text: "Erin is looking after my dog", speaker: "Dave" },
      { text: "The weather here is awful", speaker: "Carol" },
    ]);
    expect((await another.search("Who cares for Carol's dog?")).confidence).toBeLessThan(0.3);
  });

  test("is unsure when nothing it knows has to do with the question", async () => {
    const memory = await remember(NOTES);
    const known = await memory.search("Which seats does she prefer, aisle or window?");
    const unknown = await memory.search("How do volcanoes form on Mars?");
    expect(known.confidence).toBeGreaterThan(0.8);
    expect(unknown.confidence).toBeLessThan(0.3);
    expect(unknown.hits[0]?.score).toBeCloseTo(unknown.confidence, 9);
    expect((await memory.search("How do volcanoes form on Mars?", { minScore: 0.5 })).hits).toEqual([]);
  });

  test.each(["", "???", "the of and", "\0", "🦄"])("answers %j as well", async (text) => {
    const memory = await remember(NOTES);
    for (const mode of ["hybrid", "semantic", "keyword"] as const) {
      const { hits, confidence } = await memory.search(text, { mode });
      expect(hits.length).toBe(mode === "keyword" ? 0 : NOTES.length);
      expect(confidence).toBeLessThan(0.5);
      expect(hits.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
    }
  });

  test("of nothing is nothing", async () => {
    expect(await (await remember([])).search("anything")).toEqual({ hits: [], total: 0, confidence: 0 });
  });
});

describe("an answer", () => {
  test.each(["hybrid", "semantic", "keyword"] as const)(
    "in %s mode is the same in pages as in one piece",
    async (mode) => {
      const memory = await remember(
        Array.from(
          { length: 23 },
          (_, index) => `Note ${index % 5} about tea and ${index % 3 ? "milk" : "sugar"}`,
        ),
      );
      const whole = await memory.search("tea with sugar", { mode, limit: 100 });
      expect(whole.total).toBe(23);
      const pages = [];
      for (let offset = 0; offset < 25; offset += 5) {
        const page = await memory.search("tea with sugar", { mode, limit: 5, offset });
        expect(page.total).toBe(23);
        pages.push(...page.hits);
      }
      expect(pages).toEqual(whole.hits);
      const scores = whole.hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((left, right) => right - left));
    },
  );

  test("orders equals by id", async () => {
    const memory = await remember(
      ["b", "\u{10000}", "\uffff", "a"].map((id) => ({ id, text: "the same tea" })),
    );
    for (const mode of ["hybrid", "semantic", "keyword"] as const) {
      const { hits } = await memory.search("tea", { mode });
      expect(hits.map(({ id }) => id)).toEqual(["a", "b", "\uffff", "\u{10000}"]);
    }
  });

  test("fills its page with what the filter leaves", async () => {
    const memory = await remember(
      Array.from({ length: 40 }, (_, index) => ({
        text: index < 30 ? "Tea, tea and more tea" : "Something else",
        topics: index < 30 ? ["drinks"] : ["other"],
      })),
    );
    const { hits, total } = await memory.search("tea", { filter: { topics: { any: ["other"] } }, limit: 5 });
    expect([hits.length, total]).toEqual([5, 10]);
    expect(hits.every(({ id }) => Number(id) >= 30)).toBe(true);
  });

  test("in keyword mode has the words, in semantic mode keeps the distance", async () => {
    const memory = await remember(NOTES);
    const words = await memory.search("cello orchestra zebra", { mode: "keyword" });
    expect(words).toMatchObject({ total: 1, hits: [{ id: "4", distance: null }] });
    const near = await memory.search("a cello in the orchestra", { mode: "semantic", maxDistance: 0.6 });
    expect(near.hits.map(({ id }) => id)).toEqual(["4"]);
    expect(near.total).toBe(1);
    expect(near.hits[0]?.score).toBeCloseTo(1 - (near.hits[0]?.distance ?? 2), 6);
  });

  test("says why", async () => {
    const memory = await remember([
      { text: "Ada plays the cello", speaker: "Ada" },
      { text: "Ben plays chess", speaker: "Ben" },
    ]);
    const { hits } = await memory.search("When did Ada play a cello?", { explain: true });
    const [best] = hits;
    expect(best?.explanation?.matched).toEqual(["ada", "play", "cello"]);
    expect(best?.explanation?.similarity).toBeCloseTo(1 - (best?.distance ?? 0), 6);
    expect(best?.explanation?.parts).toMatchObject({ speaker: 0.1, words: 0.5 });
    expect(hits[1]?.explanation?.parts["speaker"]).toBe(-0.1);
  });

  test("leans on words or on meaning as far as it is told", async () => {
    const memory = await remember(["Cello", "She makes music with a string instrument"]);
    expect(await memory.best("cello", { hybridAlpha: 0 })).toBe("0");
    const { hits } = await memory.search("instrument played in an orchestra", {
      hybridAlpha: 1,
      explain: true,
    });
    expect(hits[0]?.explanation?.parts["words"]).toBe(0);
  });

  test("puts the more recent of a page first when asked to, with the same scores", async () => {
    const memory = await remember([
      { text: "The meeting room is on floor 3", createdAt: at(-300 * DAY), lastAccessedAt: at(-300 * DAY) },
      { text: "The meeting room is on floor 4", createdAt: at(-DAY), lastAccessedAt: at(-DAY) },
    ]);
    const plain = await memory.search("Where is the meeting room, floor 3?");
    const recency = {
      semanticWeight: 0.2,
      recencyWeight: 0.8,
      freshnessWeight: 0.6,
      noveltyWeight: 0.4,
      halfLifeLastAccessDays: 7,
      halfLifeCreatedDays: 30,
    };
    const recent = await memory.search("Where is the meeting room, floor 3?", { recency });
    expect(plain.hits.map(({ id }) => id)).toEqual(["0", "1"]);
    expect(recent.hits.map(({ id }) => id)).toEqual(["1", "0"]);
    const places = recent.hits.toReversed().map(({ record: _, ...place }) => place);
    expect(places).toEqual(plain.hits);
    expect(recent.hits.map(({ record }) => record?.id)).toEqual(["1", "0"]);
    // An access makes a record fresh, though it is no change.
    await memory.store.touch(TENANT, ["0"], START);
    const touched = await memory.search("Where is the meeting room, floor 3?", {
      recency: { ...recency, noveltyWeight: 0 },
    });
    expect(touched.hits[0]?.id).toBe("0");
  });

  test("among thousands finds the one, and gives each exactly once over all pages", async () => {
    const subjects = ["tea", "sun", "sea", "cat", "dog", "hat", "bus"];
    const notes = Array.from({ length: 6_000 }, (_, index) => ({
      text: `Note about ${subjects[index % 7]} and ${subjects[(index * 3) % 7]} number ${index}`,
      sessionId: `s${index % 500}`,
      createdAt: at(index),
    }));
    const memory = await remember([...notes, "The spare key is under the flower pot"]);
    for (const mode of ["hybrid", "semantic", "keyword"] as const)
      expect(await memory.best("where is the spare key?", { mode })).toBe("6000");
    for (const mode of ["hybrid", "semantic", "keyword"] as const) {
      const hits = [];
      let total = Number.POSITIVE_INFINITY;
      for (let offset = 0; offset < total; offset += 700) {
        const page = await memory.search("tea in the sun", { mode, limit: 700, offset });
        total = page.total;
        hits.push(...page.hits);
      }
      expect(total).toBe(mode === "keyword" ? notes.filter(({ text }) => /tea|sun/.test(text)).length : 6001);
      expect(hits.length).toBe(total);
      expect(new Set(hits.map(({ id }) => id)).size).toBe(total);
      const scores = hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((left, right) => right - left));
      const some = await memory.search("tea in the sun", { mode, limit: 1, minScore: scores[99] ?? 0 });
      expect(some.total).toBe(scores.filter((score) => score >= (scores[99] ?? 0)).length);
    }
  });
});
