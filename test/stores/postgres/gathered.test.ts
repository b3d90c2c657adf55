import { expect, onTestFinished, test, vi } from "vitest";
import { Gathered } from "../../../src/stores/postgres/hints/gathered.ts";

function gathered() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const handed: string[][] = [];
  const words = new Gathered((some) => {
    handed.push(some);
  }, 50);
  return { words, handed };
}

test("the first word is handed on at once, and the others together after the interval, each once", async () => {
  const { words, handed } = gathered();
  for (const word of ["a", "b", "c", "b"]) words.add(word);
  expect(handed).toEqual([["a"]]);
  await vi.advanceTimersByTimeAsync(49);
  expect(handed).toEqual([["a"]]);
  await vi.advanceTimersByTimeAsync(1);
  expect(handed).toEqual([["a"], ["b", "c"]]);
  await vi.advanceTimersByTimeAsync(50);
  words.add("a");
  expect(handed).toEqual([["a"], ["b", "c"], ["a"]]);
});

test("closing hands on what waits, and takes nothing more", async () => {
  const { words, handed } = gathered();
  words.add("a");
  words.add("b");
  await words.close();
  words.add("c");
  await words.close();
  expect(handed).toEqual([["a"], ["b"]]);
});
