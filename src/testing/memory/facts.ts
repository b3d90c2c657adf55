import { expect } from "vitest";
import type { Memory } from "../../memory.ts";
import type { SearchHit } from "../../operations.ts";

/** Each question shares its decisive words with one fact and with no other, so the right answer is beyond dispute. */
export const FACTS: readonly (readonly [id: string, fact: string, question: string])[] = [
  [
    "seat",
    "Prefers an aisle seat on long flights",
    "Which seat does she want on the plane, aisle or window?",
  ],
  ["cat", "The cat is called Miso and only eats tuna", "What food does the cat eat, tuna?"],
  ["bread", "Learned to bake sourdough bread during the winter", "Who bakes sourdough bread?"],
  ["job", "Works as a nurse at the hospital in Hamburg", "At which hospital does the nurse work?"],
  ["allergy", "Is allergic to peanuts and carries an adrenaline pen", "Any allergy to peanuts?"],
  ["music", "Plays the cello in an amateur orchestra every Tuesday", "Which orchestra has the cello player?"],
  ["car", "Drives an old red Volvo to the mountains", "What colour is the old Volvo?"],
  ["language", "Studies Portuguese because of a trip to Lisbon", "Why study Portuguese for Lisbon?"],
];

export async function addFacts(memory: Memory): Promise<void> {
  await memory.add(FACTS.map(([id, text]) => ({ id, text })));
}

export const idsOf = (hits: readonly SearchHit[]) => hits.map(({ id }) => id);

export function expectScores(hits: readonly SearchHit[]): void {
  const scores = hits.map(({ score }) => score);
  for (const score of scores) expect(score >= 0 && score <= 1, `score ${score}`).toBe(true);
  expect(scores).toEqual(scores.toSorted((left, right) => right - left));
}
