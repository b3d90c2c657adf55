import { expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { openMemory } from "../../src/index.ts";
import { serveMemory } from "../server/served.ts";

test("the address of a server opens the same memory as a store does", async () => {
  const served = await serveMemory("memory:", { auth: { tokens: ["secret"] } });
  const memory = await openMemory(served.url, { token: "secret", clock: served.clock });
  const alice = memory.scope({ userId: "alice", namespace: ["team", "a/b"] });
  await alice.add("Prefers aisle seats; tall, hates the window");
  const { hits } = await alice.search("where does she like to sit on a plane?");
  expect(hits[0]).toMatchObject({
    text: expect.stringContaining("aisle"),
    namespace: "team/a%2Fb",
    userId: "alice",
  });
  const chat = alice.session("chat-42");
  await chat.append({ role: "user", content: "Book me a flight to Rome on Friday" });
  await chat.data.set("step", 1);
  await chat.list("seats").push("12C");
  const { messages } = await chat.context("seat for the Rome flight", { maxTokens: 2000 });
  expect(messages.at(-1)).toEqual({ role: "user", content: "seat for the Rome flight" });
  const seen: string[] = [];
  for await (const change of alice.changes()) seen.push(`${change.kind} ${change.change}`);
  expect(seen).toEqual(["record create", "session create", "session update", "session update"]);
  const ids: string[] = [];
  for await (const session of alice.sessions()) ids.push(session.sessionId);
  expect(ids).toEqual(["chat-42"]);
  await memory.close();
  expect((await served.memory.list()).total).toBe(1);
  await served.close();
});

test("messages get the server's time, whatever the clock of the one who sends them says", async () => {
  const served = await serveMemory("memory:");
  const ahead = { now: () => served.clock.now() + 3_600_000 };
  const memory = await openMemory(served.url, { clock: ahead });
  const chat = memory.session("chat");
  await chat.append({ role: "user", content: "Book me a flight" });
  const [message] = await chat.messages();
  expect(Date.parse(message?.createdAt ?? "")).toBe(served.clock.now());
  await memory.close();
  await served.close();
});

test("embedder and vector index are the server's choice", async () => {
  const store = "http://127.0.0.1:1";
  const embedder = { id: "own", dimensions: 1, local: true, embed: async () => [] };
  await expect(openMemory({ store, embedder })).rejects.toThrow(ValidationError);
  await expect(openMemory({ store, vectors: "memory:" })).rejects.toThrow("vectors");
});

test("background jobs are the server's: it is told neither where they are nor who does them", async () => {
  const store = "http://127.0.0.1:1";
  await expect(openMemory({ store, jobs: "memory:" })).rejects.toThrow("jobs");
  await expect(openMemory({ store, workers: 2 })).rejects.toThrow("workers");
});
