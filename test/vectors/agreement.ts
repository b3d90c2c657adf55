import type { Memory } from "../../src/index.ts";

export const SUBJECTS = [
  "cat",
  "dog",
  "tuna",
  "flight",
  "seat",
  "winter",
  "bread",
  "cello",
  "rain",
  "map",
  "tea",
  "nurse",
];
const VERBS = [
  "likes",
  "lost",
  "bought",
  "painted",
  "remembers",
  "sold",
  "found",
  "misses",
  "hears",
  "fears",
];
const PLACES = [
  "Rome",
  "Oslo",
  "Lima",
  "Kyoto",
  "Cairo",
  "Perth",
  "Quito",
  "Riga",
  "Tunis",
  "Hanoi",
  "Porto",
];
const SPEAKERS = ["Ann", "Ben", "Cleo"];

/** Questions with the one record that answers each. */
export const QUESTIONS = [
  { question: "Where does Erin keep the deploy key?", answer: "Erin keeps the deploy key in the blue vault" },
  {
    question: "What is grandmother allergic to?",
    answer: "My grandmother is allergic to walnuts and shellfish",
  },
  {
    question: "When does the pottery course begin?",
    answer: "The pottery course begins on the ninth of March",
  },
  {
    question: "Which instrument does Ben want to learn?",
    answer: "I would love to learn the accordion some day",
  },
  { question: "Who repaired the greenhouse?", answer: "Old Mister Tanaka repaired the greenhouse roof" },
];

/** Conversations about this and that, the answers spread among them. */
export async function fillWithTalk(memory: Memory, count: number): Promise<void> {
  const step = Math.floor(count / QUESTIONS.length);
  const records = Array.from({ length: count }, (_, at) => {
    const one = <T>(list: readonly T[], factor: number) =>
      list[(at * factor + Math.floor(at / 7)) % list.length] as T;
    const planted = at % step === step - 1 ? QUESTIONS[Math.floor(at / step)] : undefined;
    const text = `${one(SPEAKERS, 1)} ${one(VERBS, 3)} the ${one(SUBJECTS, 5)} and the ${one(SUBJECTS, 7)} in ${one(PLACES, 11)}, number ${at}`;
    return {
      text: planted?.answer ?? text,
      speaker: one(SPEAKERS, 1),
      sessionId: `chat-${Math.floor(at / 20)}`,
      topics: [one(SUBJECTS, 5)],
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString(),
    };
  });
  for (let from = 0; from < count; from += 500) await memory.add(records.slice(from, from + 500));
}

/** Of ten hits for each question, the share that both memories give, and how many answers the second one has among them. */
export async function agreement(
  reference: Memory,
  other: Memory,
): Promise<{ overlap: number; planted: number }> {
  let [shared, wanted, planted] = [0, 0, 0];
  const more = SUBJECTS.map(
    (subject, at) => `Who ${VERBS[at % VERBS.length]} the ${subject} in ${PLACES[at % PLACES.length]}?`,
  );
  for (const { question, answer } of [
    ...QUESTIONS,
    ...more.map((text) => ({ question: text, answer: null })),
  ]) {
    const right = (await reference.search(question)).hits.map(({ id }) => id);
    const { hits } = await other.search(question);
    shared += hits.filter(({ id }) => right.includes(id)).length;
    wanted += right.length;
    if (answer !== null && hits.some(({ text }) => text === answer)) planted++;
  }
  return { overlap: shared / wanted, planted };
}
