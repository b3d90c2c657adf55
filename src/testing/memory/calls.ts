import { expect } from "vitest";
import { ERROR_KINDS, MemoirError } from "../../core/errors.ts";
import type { Memory } from "../../memory.ts";
import { area } from "../suite.ts";
import { codeOf, collected, failure, type MemoryFixture } from "./fixture.ts";

/** Every call a memory has. */
function everyCall(
  memory: Memory,
  options: { signal?: AbortSignal } = {},
): Record<string, () => Promise<unknown>> {
  const chat = memory.session("chat");
  return {
    add: () => memory.add("x", options),
    get: () => memory.get("a", options),
    list: async () => memory.list(options),
    search: () => memory.search("x", options),
    update: () => memory.update("a", { text: "y" }, options),
    delete: () => memory.delete("a", options),
    history: () => memory.history("a", options),
    forget: () => memory.forget({ maxAgeDays: 1 }, options),
    changes: () => collected(memory.changes(options)),
    sessions: async () => memory.sessions(options),
    read: () => chat.read(options),
    append: () => chat.append({ role: "user", content: "x" }, options),
    end: () => chat.end(options),
    context: () => chat.context("x", options),
  };
}

export const calls = area<MemoryFixture>("calls", (verifies) => {
  verifies("memory.abort", "gives up a call with the reason of its signal", async ({ memory }) => {
    await memory.add({ id: "a", text: "kept" });
    const reason = new Error("the caller went away");
    const options = { signal: AbortSignal.abort(reason) };
    for (const [name, call] of Object.entries(everyCall(memory, options)))
      await expect(call(), name).rejects.toBe(reason);
    expect((await memory.get("a"))?.text).toBe("kept");
    expect(await memory.session("chat").read()).toBeNull();
  });

  verifies("memory.abort", "ends the following of changes", async ({ memory }) => {
    await memory.add({ id: "a", text: "one" });
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: string[] = [];
    const follow = async () => {
      for await (const { id } of memory.changes({ follow: true, interval: 1, signal: controller.signal })) {
        seen.push(id);
        if (seen.length === 1) await memory.add({ id: "b", text: "two" });
        else controller.abort(reason);
      }
    };
    await expect(follow()).rejects.toBe(reason);
    expect(seen).toEqual(["a", "b"]);
  });

  verifies("memory.errors", "throws errors of one family, each with its code", async ({ memory }) => {
    await memory.add({ id: "a", text: "x", userId: "alice" });
    const failures = [
      memory.add({ text: "x", importance: 2 }),
      memory.update("none", { text: "x" }),
      memory.update("a", { text: "x" }, { expectedVersion: 9 }),
      memory.add({ id: "a", text: "x", userId: "bob" }),
      memory.session("none").setContext("x", { create: false }),
    ];
    const errors = await Promise.all(failures.map(failure));
    expect(errors.map(({ code }) => code)).toEqual([
      "invalid_input",
      "record_not_found",
      "version_conflict",
      "id_in_use",
      "session_not_found",
    ]);
    for (const error of errors) {
      expect(MemoirError.is(error)).toBe(true);
      expect(error).toMatchObject({
        status: ERROR_KINDS[error.code].status,
        remedy: ERROR_KINDS[error.code].remedy,
      });
      expect(error.message.length).toBeGreaterThan(5);
    }
    expect(errors.map(({ name }) => name)).toEqual([
      "ValidationError",
      "NotFoundError",
      "ConflictError",
      "ConflictError",
      "NotFoundError",
    ]);
  });

  verifies("memory.closed", "refuses every call after closing", async ({ memory }) => {
    await memory.close();
    await memory.close();
    for (const [name, call] of Object.entries(everyCall(memory)))
      expect(await codeOf(call()), name).toBe("store_closed");
  });
});

export const concurrency = area<MemoryFixture>("several handles", (verifies) => {
  verifies("memory.no-lost-updates", "loses no write of several handles", async (fixture) => {
    const { memory } = fixture;
    const handles = [memory, await fixture.another(), memory, await fixture.another()];
    await memory.add({ id: "a", text: "start" });
    await Promise.all(
      handles.map(async (handle, writer) => {
        for (let turn = 0; turn < 5; turn++) {
          await handle.add({ id: `${writer}:${turn}`, text: `text ${writer} ${turn}` });
          await handle.update("a", { text: `${writer}:${turn}` });
          await handle.session("shared").append({ role: "user", content: `${writer}:${turn}` });
          await handle.session("shared").data.increment("count");
          await handle.session("shared").list("list").push(`${writer}:${turn}`);
        }
      }),
    );
    expect((await memory.list()).total).toBe(21);
    expect(await memory.history("a")).toHaveLength(21);
    const state = await memory.session("shared").read();
    expect(state?.data).toEqual({ count: 20 });
    const all = handles.flatMap((_, writer) => Array.from({ length: 5 }, (_, turn) => `${writer}:${turn}`));
    expect(state?.messages.map(({ content }) => content).sort()).toEqual(all);
    expect(state?.lists["list"]?.toSorted()).toEqual(all);
  });

  verifies("memory.one-winner", "lets exactly one of several win", async (fixture) => {
    const { memory } = fixture;
    const handles = [memory, await fixture.another(), memory, await fixture.another()];
    const added = await Promise.all(handles.map((handle) => handle.add("The same words")));
    expect(added.map(({ status }) => status).sort()).toEqual([
      "created",
      "duplicate",
      "duplicate",
      "duplicate",
    ]);
    const id = added[0]?.record.id ?? "";
    expect(new Set(added.map(({ record }) => record.id)).size).toBe(1);
    const updates = await Promise.allSettled(
      handles.map((handle, writer) => handle.update(id, { text: `text ${writer}` }, { expectedVersion: 1 })),
    );
    expect(updates.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const update of updates)
      if (update.status === "rejected") expect(update.reason).toMatchObject({ code: "version_conflict" });
    const keyed = await Promise.all(
      handles.map((handle) => handle.add("Another text", { idempotencyKey: "k" })),
    );
    expect(new Set(keyed.map(({ record }) => record.id)).size).toBe(1);
    expect((await memory.list()).total).toBe(2);
  });

  verifies("memory.durable", "has everything after opening again", async (fixture) => {
    const alice = fixture.memory.scope({ userId: "alice" });
    await alice.add({ id: "a", text: "first", metadata: { deep: [1] } });
    const record = await alice.update("a", { text: "second" });
    const history = await alice.history("a");
    await alice.session("chat").append({ role: "user", content: "hello" });
    await alice.session("chat").list("l").push({ a: 1 });
    const state = await alice.session("chat").read();
    const again = (await fixture.reopen()).scope({ userId: "alice" });
    expect(await again.get("a")).toEqual(record);
    expect(await again.history("a")).toEqual(history);
    expect(await again.session("chat").read()).toEqual(state);
    expect((await again.update("a", { text: "third" })).version).toBe(3);
  });
});
