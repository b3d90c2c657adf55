import fc from "fast-check";
import { expect } from "vitest";
import type { ConversationMemory } from "../../conversation.ts";
import { type JsonValue, jsonEquals } from "../../core/json.ts";
import { arbitraryJson } from "../arbitraries.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { codeOf, fieldsOf, type MemoryFixture } from "./fixture.ts";

export const conversations = area<MemoryFixture>("conversations", (verifies) => {
  verifies("conversation.fields", "sets, gets, lists and deletes fields", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    expect([await chat.get("a"), await chat.get("a", 7), await chat.has("a")]).toEqual([undefined, 7, false]);
    expect([await chat.keys(), await chat.items()]).toEqual([[], []]);
    expect(await chat.delete("a")).toBe(false);
    expect(await memory.session("chat").read()).toBeNull();
    await chat.set("a", null);
    await chat.set("preferences", { language: "en" });
    await chat.update({ count: 1, log: ["one"], a: "again" });
    await chat.update({});
    expect([await chat.get("a", 7), await chat.has("a"), await chat.get("none", null)]).toEqual([
      "again",
      true,
      null,
    ]);
    expect((await chat.keys()).sort()).toEqual(["a", "count", "log", "preferences"]);
    expect(new Map(await chat.items())).toEqual(
      new Map<string, JsonValue>([
        ["a", "again"],
        ["count", 1],
        ["log", ["one"]],
        ["preferences", { language: "en" }],
      ]),
    );
    expect([await chat.delete("log"), await chat.delete("log"), await chat.delete("count")]).toEqual([
      true,
      false,
      true,
    ]);
    expect((await chat.keys()).sort()).toEqual(["a", "preferences"]);
    expect(await chat.required("a")).toBe("again");
    expect(await codeOf(chat.required("count"))).toBe("field_not_found");
    expect(await fieldsOf(chat.set("a", undefined as never))).toEqual(["values.a"]);
  });

  verifies("conversation.fields", "takes any text for a name or a value", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    const names = [...ODD_TEXTS, "__proto__", "constructor", "messages"];
    await chat.update(Object.fromEntries(names.map((name) => [name, name])));
    for (const name of names) await chat.append(`list of ${name}`, name);
    for (const name of names) {
      expect(await chat.get(name)).toBe(name);
      expect(await chat.getList(`list of ${name}`)).toEqual([name]);
    }
    expect(await chat.has("toString")).toBe(false);
  });

  verifies("conversation.lists", "has lists as Python has them", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    expect([await chat.pop("log"), await chat.remove("log", 1), await chat.getList("log")]).toEqual([
      undefined,
      false,
      [],
    ]);
    expect(await memory.session("chat").read()).toBeNull();
    await chat.set("log", []);
    expect([await chat.getList("log"), await chat.pop("log"), await chat.has("log")]).toEqual([
      [],
      undefined,
      true,
    ]);
    expect(await chat.append("log", { action: "login" })).toBe(1);
    expect(await chat.extend("log", ["b", "c"])).toBe(3);
    expect(await chat.insert("log", 0, "first")).toBe(4);
    expect(await chat.insert("log", 99, "last")).toBe(5);
    expect(await chat.insert("log", -99, "very first")).toBe(6);
    expect(await chat.insert("log", -1, "last but one")).toBe(7);
    const expected = ["very first", "first", { action: "login" }, "b", "c", "last but one", "last"];
    expect(await chat.getList("log")).toEqual(expected);
    expect(await chat.get("log")).toEqual(expected);
    expect([await chat.pop("log"), await chat.pop("log", 0), await chat.pop("log", -2)]).toEqual([
      "last",
      "very first",
      "c",
    ]);
    expect(await chat.pop("log", 99)).toBeUndefined();
    expect([await chat.remove("log", { action: "login" }), await chat.remove("log", "none")]).toEqual([
      true,
      false,
    ]);
    expect([await chat.getList("log"), await chat.listLength("log"), await chat.listLength("none")]).toEqual([
      ["first", "b", "last but one"],
      3,
      0,
    ]);
    await chat.append("begun", 1);
    expect(await chat.getList("begun")).toEqual([1]);
  });

  verifies("conversation.lists", "refuses a list's step on another value", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    await chat.set("text", "not a list");
    for (const step of [
      () => chat.append("text", 1),
      () => chat.insert("text", 0, 1),
      () => chat.pop("text"),
      () => chat.remove("text", "n"),
    ])
      expect(await fieldsOf(step())).toEqual(["key"]);
    expect(await fieldsOf(chat.getList("text"))).toEqual(["key"]);
    expect(await chat.get("text")).toBe("not a list");
    await chat.set("text", ["a list"]);
    await chat.append("text", "now");
    expect(await chat.get("text")).toEqual(["a list", "now"]);
    await chat.set("text", "no more");
    expect(await chat.items()).toEqual([["text", "no more"]]);
  });

  verifies("conversation.lists", "shares its fields with the session", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    const session = memory.session("chat");
    await chat.update({ step: 1, log: ["a"] });
    expect([await session.data.get("step"), await session.list("log").all()]).toEqual([1, ["a"]]);
    await session.data.set("array", [1]);
    expect(await chat.append("array", 2)).toBe(2);
    expect([await chat.get("array"), await session.data.get("array")]).toEqual([[1, 2], undefined]);
    await session.list("queue").push("x");
    expect([await chat.get("queue"), await chat.pop("queue")]).toEqual([["x"], "x"]);
  });

  verifies("conversation.model", "does what a dictionary and its lists do", async (fixture) => {
    const key = fc.constantFrom("a", "b", "c");
    const index = fc.integer({ min: -4, max: 4 });
    const step = fc.oneof(
      fc.record({ step: fc.constant("set" as const), key, value: arbitraryJson() }),
      fc.record({ step: fc.constant("delete" as const), key }),
      fc.record({ step: fc.constant("append" as const), key, value: arbitraryJson() }),
      fc.record({ step: fc.constant("insert" as const), key, index, value: arbitraryJson() }),
      fc.record({ step: fc.constant("pop" as const), key, index }),
      fc.record({ step: fc.constant("remove" as const), key, value: fc.constantFrom(null, 1, "") }),
    );
    type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
    let runs = 0;
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const chat = fixture.memory.conversations().conversation(`run ${++runs}`);
      const model = new Map<string, JsonValue>();
      for (const one of steps) expect(await perform(chat, one as Step)).toEqual(expected(model, one as Step));
      expect(new Map(await chat.items())).toEqual(model);
    });
    await fc.assert(property, { numRuns: fixture.runs });

    async function perform(chat: ConversationMemory, one: Step): Promise<unknown> {
      const listStep =
        one.step === "append" || one.step === "insert" || one.step === "pop" || one.step === "remove";
      if (listStep && !Array.isArray(await chat.get(one.key, []))) return codeOf(run(chat, one));
      return run(chat, one);
    }

    function run(chat: ConversationMemory, one: Step): Promise<unknown> {
      switch (one.step) {
        case "set":
          return chat.set(one.key, one.value);
        case "delete":
          return chat.delete(one.key);
        case "append":
          return chat.append(one.key, one.value);
        case "insert":
          return chat.insert(one.key, one.index, one.value);
        case "pop":
          return chat.pop(one.key, one.index);
        case "remove":
          return chat.remove(one.key, one.value);
      }
    }

    function expected(model: Map<string, JsonValue>, one: Step): unknown {
      if (one.step === "set") return void model.set(one.key, one.value);
      if (one.step === "delete") return model.delete(one.key);
      const held = model.get(one.key) ?? [];
      if (model.has(one.key) && !Array.isArray(model.get(one.key))) return "invalid_input";
      const values = [...(held as JsonValue[])];
      const result = onList(values, one);
      if (model.has(one.key) || one.step === "append" || one.step === "insert") model.set(one.key, values);
      return result;
    }

    function onList(values: JsonValue[], one: Exclude<Step, { step: "set" | "delete" }>): unknown {
      switch (one.step) {
        case "append":
          return values.push(one.value);
        case "insert": {
          const place =
            one.index < 0 ? Math.max(0, values.length + one.index) : Math.min(one.index, values.length);
          values.splice(place, 0, one.value);
          return values.length;
        }
        case "pop": {
          const place = one.index < 0 ? values.length + one.index : one.index;
          return place in values ? values.splice(place, 1)[0] : undefined;
        }
        case "remove": {
          const place = values.findIndex((value) => jsonEquals(value, one.value));
          if (place >= 0) values.splice(place, 1);
          return place >= 0;
        }
      }
    }
  });

  verifies("conversation.messages", "keeps messages beside the fields", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    expect([await chat.getMessages(), await chat.messageCount()]).toEqual([[], 0]);
    const id = await chat.addMessage("user", "one", { aKey: [1] });
    await chat.addMessage("assistant", "two");
    await chat.addMessage("user", "three");
    const all = await chat.getMessages();
    expect(all.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      "user: one",
      "assistant: two",
      "user: three",
    ]);
    expect(all[0]).toMatchObject({ id, metadata: { aKey: [1] } });
    expect((await chat.getMessages(2)).map(({ content }) => content)).toEqual(["two", "three"]);
    const brief = memory.conversations({ messages: 1 }).conversation("chat");
    expect((await brief.getMessages()).map(({ content }) => content)).toEqual(["three"]);
    expect([await brief.messageCount(), await chat.keys()]).toEqual([3, []]);
    expect(await fieldsOf(chat.addMessage("user", " "))).toEqual(["messages.0.content"]);
  });

  verifies("conversation.atomic", "loses nothing to another handle", async (fixture) => {
    const handles = [fixture.memory, await fixture.another()];
    const chats = handles.map((memory) => memory.conversations().conversation("chat"));
    const popped: JsonValue[] = [];
    await Promise.all(
      chats.map(async (chat, writer) => {
        for (let turn = 0; turn < 15; turn++) {
          await chat.append("log", `${writer}:${turn}`);
          await chat.addMessage("user", `${writer}:${turn}`);
          await chat.set(`${writer}:${turn}`, turn);
          if (turn % 3 === 0) popped.push((await chat.pop("log", 0)) as JsonValue);
        }
      }),
    );
    const [chat] = chats as [ConversationMemory];
    const left = await chat.getList("log");
    expect([popped.length, left.length, new Set([...popped, ...left]).size]).toEqual([10, 20, 30]);
    expect([await chat.messageCount(), (await chat.keys()).length]).toEqual([30, 31]);
  });

  verifies("conversation.size", "tells how many bytes it takes", async ({ memory }) => {
    const chat = memory.conversations().conversation("chat");
    expect(await chat.size()).toEqual({ fields: {}, messages: 0, total: 0 });
    await chat.update({ text: "né", list: [1, 2], nothing: null });
    const fields = { text: 5, list: 5, nothing: 4 };
    expect(await chat.size()).toEqual({ fields, messages: 0, total: 14 });
    await chat.addMessage("user", "hello");
    const { messages, total } = await chat.size();
    expect([messages > 5, total - messages]).toEqual([true, 14]);
  });

  verifies("conversation.clear", "is cleared whole, leaving records", async ({ memory }) => {
    const manager = memory.conversations();
    const chat = manager.conversation("chat");
    await memory.session("chat").memory.add({ id: "kept", text: "Kept for long" });
    await chat.addMessage("user", "hello");
    await chat.update({ a: 1, list: [1] });
    expect([await chat.clearAll(), await chat.clearAll()]).toEqual([true, false]);
    expect([await chat.items(), await chat.messageCount()]).toEqual([[], 0]);
    await chat.set("a", 2);
    expect([await manager.cleanup("chat"), await manager.cleanup("chat")]).toEqual([true, false]);
    expect((await memory.get("kept"))?.text).toBe("Kept for long");
  });

  verifies("conversation.stats", "tells what all of a scope take up", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice" }).conversations();
    const nothing = { totalConversations: 0, totalFields: 0, totalMessages: 0, totalBytes: 0 };
    expect(await alice.stats()).toEqual({ ...nothing, conversations: [] });
    await alice.conversation("a").update({ x: 1, list: [1] });
    await alice.conversation("b").addMessage("user", "hello");
    await memory.conversations().conversation("c").set("y", "text");
    const stats = await alice.stats();
    expect(stats).toMatchObject({ totalConversations: 2, totalFields: 2, totalMessages: 1 });
    const one = stats.conversations.find(({ conversationId }) => conversationId === "a");
    expect(one).toEqual({
      conversationId: "a",
      namespace: null,
      userId: "alice",
      fields: 2,
      messages: 0,
      bytes: 4,
    });
    expect(stats.totalBytes).toBe(stats.conversations.reduce((sum, { bytes }) => sum + bytes, 0));
    expect((await memory.conversations().stats()).totalConversations).toBe(3);
  });
});
