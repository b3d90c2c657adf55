/** An assistant that recalls in Tuesday's conversation what was said on Monday. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContextMessage, openMemory, type Session } from "memoir";

const folder = await mkdtemp(join(tmpdir(), "memoir-example-"));
const store = `sqlite:${join(folder, "memory.db")}`;

/** Stands in for a language model: it repeats the first thing it is told to remember. */
async function callModel(messages: readonly ContextMessage[]): Promise<string> {
  const remembered = messages.flatMap(
    ({ content }) => content.match(/^- \[[\d-]+\] (.+) \(ID: .+\)$/m)?.[1] ?? [],
  );
  return remembered[0] ? `I remember: ${remembered[0]}` : "Noted.";
}

async function turn(chat: Session, question: string): Promise<string> {
  const { messages } = await chat.context(question, { maxTokens: 2000 });
  const answer = await callModel(messages);
  await chat.append([
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ]);
  console.log(`user:      ${question}\nassistant: ${answer}`);
  return answer;
}

try {
  {
    await using memory = await openMemory(store);
    const alice = memory.scope({ userId: "alice" });
    assert.equal(await turn(alice.session("monday"), "I always take an aisle seat on planes"), "Noted.");
    // What is worth keeping beyond the conversation becomes a record.
    await alice.add({ text: "Always takes an aisle seat on planes", topics: ["travel"] });
  }

  // Another day, another process, another conversation: only the file is the same.
  await using memory = await openMemory(store);
  const alice = memory.scope({ userId: "alice" });
  const answer = await turn(alice.session("tuesday"), "Which seat on the plane shall I book?");
  assert.equal(answer, "I remember: Always takes an aisle seat on planes");

  // Somebody else's assistant knows nothing of it.
  const bob = memory.scope({ userId: "bob" });
  assert.equal(await turn(bob.session("tuesday"), "Which seat on the plane shall I book?"), "Noted.");
  assert.equal((await alice.session("monday").messages()).length, 2);
} finally {
  await rm(folder, { recursive: true });
}
