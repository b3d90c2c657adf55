import { expect } from "vitest";
import type { MessageInput } from "../../core/session/state.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { codeOf, failure, fieldsOf, type MemoryFixture } from "./fixture.ts";

const say = (content: string, part: Partial<MessageInput> = {}): MessageInput => ({
  role: "user",
  content,
  ...part,
});

export const messages = area<MemoryFixture>("messages of a session", (verifies) => {
  verifies("session.append", "keeps messages in the order they came", async ({ memory }) => {
    const chat = memory.session("chat");
    expect(await chat.read()).toBeNull();
    expect(await chat.messages()).toEqual([]);
    const [first] = await chat.append(say("one"));
    const known = {
      id: "m2",
      name: "Alice",
      metadata: { aKey: [1] },
      createdAt: "2026-05-01T00:00:00.123456Z",
    };
    expect(await chat.append([say("two", known), { role: "assistant", content: "three" }])).toHaveLength(2);
    const all = await chat.messages();
    expect(all.map(({ content }) => content)).toEqual(["one", "two", "three"]);
    expect(all[0]).toMatchObject({
      id: first,
      role: "user",
      name: null,
      metadata: {},
      persistedAt: null,
      extracted: false,
    });
    expect(all[1]).toEqual({ ...say("two", known), persistedAt: null, extracted: false });
    expect((await chat.messages({ newest: 2 })).map(({ content }) => content)).toEqual(["one", "three"]);
    expect(await chat.messages({ newest: 0 })).toEqual([]);
    expect((await chat.read())?.version).toBe(2);
  });

  verifies("session.append-again", "skips a message whose id is there", async ({ memory }) => {
    const chat = memory.session("chat");
    expect(await chat.append([say("one", { id: "a" }), say("two", { id: "b" })])).toEqual(["a", "b"]);
    expect(await chat.append([say("other", { id: "b" }), say("three", { id: "c" })])).toEqual(["c"]);
    expect((await chat.messages()).map(({ content }) => content)).toEqual(["one", "two", "three"]);
  });

  verifies("session.defaults", "fills in what an operation leaves out", async ({ memory }) => {
    const chat = memory.session("chat");
    const createdAt = new Date("2026-05-01T00:00:00Z");
    await chat.apply([{ operation: "append", messages: [say("one"), say("two", { createdAt })] }]);
    const [one, two] = await chat.messages();
    expect(one).toMatchObject({ name: null, metadata: {}, persistedAt: null, extracted: false });
    expect(one?.id).toBeTruthy();
    expect(two?.createdAt).toBe("2026-05-01T00:00:00Z");
    await chat.apply([{ operation: "replace", content: { messages: [say("three")], data: { step: 2 } } }]);
    expect(await chat.read()).toMatchObject({ data: { step: 2 }, lists: {}, ttlSeconds: null });
    expect((await chat.messages()).map(({ content }) => content)).toEqual(["three"]);
  });

  verifies("session.idempotency", "carries out a repeated write once", async ({ memory }) => {
    const chat = memory.session("chat");
    const key = { idempotencyKey: "k" };
    const first = await chat.append([say("one"), say("two")], key);
    expect(await chat.append([say("one"), say("two")], key)).toEqual(first);
    expect(await codeOf(chat.append(say("three"), key))).toBe("idempotency_key_reused");
    expect(await chat.data.increment("n", 1, { idempotencyKey: "n" })).toBe(1);
    expect(await chat.data.increment("n", 1, { idempotencyKey: "n" })).toBe(1);
    expect((await chat.messages()).map(({ content }) => content)).toEqual(["one", "two"]);
    expect((await chat.read())?.version).toBe(2);
  });

  verifies("session.any-text", "keeps any well-formed text exactly", async ({ memory }) => {
    const chat = memory.session("chat");
    const texts = ODD_TEXTS.filter((text) => text.trim() !== "");
    await chat.append(texts.map((text) => say(text, { metadata: { text } })));
    expect((await chat.messages()).map(({ content, metadata }) => [content, metadata["text"]])).toEqual(
      texts.map((text) => [text, text]),
    );
    await chat.data.assign(Object.fromEntries(ODD_TEXTS.map((text) => [text, text])));
    expect(await chat.data.all()).toEqual(Object.fromEntries(ODD_TEXTS.map((text) => [text, text])));
    await chat.list("odd").set(ODD_TEXTS);
    expect(await chat.list("odd").all()).toEqual(ODD_TEXTS);
    await chat.setContext(ODD_TEXTS.join(" "));
    expect((await chat.read())?.context).toBe(ODD_TEXTS.join(" "));
  });

  verifies("session.refused", "refuses wrong messages and operations by name", async ({ memory }) => {
    const chat = memory.session("chat");
    const wrong: [unknown, string][] = [
      [say(""), "messages.0.content"],
      [say("  "), "messages.0.content"],
      [say("x", { role: "" }), "messages.0.role"],
      [say("x", { id: "" }), "messages.0.id"],
      [say("x", { createdAt: "9999-01-01" }), "messages.0.createdAt"],
      [say("x", { metadata: { a: Number.NaN } }), "messages.0.metadata.a"],
    ];
    for (const [message, field] of wrong)
      expect(await fieldsOf(chat.append(message as MessageInput)), field).toEqual([field]);
    expect(await fieldsOf(chat.append([say("ok"), say("")]))).toEqual(["messages.1.content"]);
    expect(await fieldsOf(chat.apply([]))).toEqual(["operations"]);
    const nonsense = [{ operation: "explode" }] as never;
    expect(await fieldsOf(chat.apply(nonsense))).toEqual(["operations.0.operation"]);
    expect(() => memory.session("")).toThrow(/sessionId/);
    expect(() => memory.scope({ sessionId: "a" }).session("b")).toThrow(/already restricted/);
    expect(await chat.read()).toBeNull();
  });
});

export const state = area<MemoryFixture>("state of a session", (verifies) => {
  verifies("session.data", "keeps a dictionary", async ({ memory }) => {
    const { data } = memory.session("chat");
    expect(await data.get("a")).toBeUndefined();
    await data.set("a", { b: { c: 1, list: [1] } });
    await data.merge({ a: { b: { d: 2, list: [2] } }, e: null });
    await data.assign({ f: "x" });
    expect(await data.all()).toEqual({ a: { b: { c: 1, d: 2, list: [2] } }, e: null, f: "x" });
    expect(await data.get("e")).toBeNull();
    expect([
      await data.increment("n"),
      await data.increment("n", 0.5),
      await data.increment("n", -2),
    ]).toEqual([1, 1.5, -0.5]);
    expect((await failure(data.increment("f"))).code).toBe("invalid_input");
    expect(await data.delete(["a", "none", "f"])).toBe(2);
    expect(await data.all()).toEqual({ e: null, n: -0.5 });
    expect(await data.get("constructor")).toBeUndefined();
    await data.set("__proto__", { polluted: true });
    expect(await data.get("__proto__")).toEqual({ polluted: true });
    expect(Object.hasOwn(await data.all(), "polluted")).toBe(false);
    expect(await data.get("polluted")).toBeUndefined();
  });

  verifies("session.lists", "keeps named lists", async ({ memory }) => {
    const list = memory.session("chat").list("todo");
    expect(await list.all()).toEqual([]);
    expect(await list.pop()).toBeUndefined();
    expect(await list.push("a", { b: 1 }, null)).toBe(3);
    expect(await list.insert(0, "first")).toBe(4);
    expect(await list.insert(-1, "before last")).toBe(5);
    expect(await list.insert(99, "last")).toBe(6);
    expect(await list.insert(-99, "very first")).toBe(7);
    expect(await list.all()).toEqual(["very first", "first", "a", { b: 1 }, "before last", null, "last"]);
    expect(await list.pop()).toBe("last");
    expect(await list.pop(0)).toBe("very first");
    expect(await list.pop(-2)).toBe("before last");
    expect(await list.pop(99)).toBeUndefined();
    expect(await list.remove({ b: 1 })).toBe(true);
    expect(await list.remove("b")).toBe(false);
    expect(await list.all()).toEqual(["first", "a", null]);
    await list.set(["x"]);
    expect(await list.length()).toBe(1);
    expect(await list.clear()).toBe(true);
    expect(await list.clear()).toBe(false);
    expect(await memory.session("chat").list("constructor").all()).toEqual([]);
    expect(await memory.session("chat").list("__proto__").clear()).toBe(false);
  });

  verifies("session.apply", "applies several operations at once or not at all", async ({ memory }) => {
    const chat = memory.session("chat");
    const receipt = await chat.apply(
      [
        { operation: "setData", values: { n: 1 } },
        { operation: "increment", key: "n", by: 2 },
        { operation: "pushList", list: "l", values: ["a", "b"] },
        { operation: "popList", list: "l" },
        { operation: "setContext", context: "So far so good." },
        { operation: "setTokens", tokens: 42 },
      ],
      { expectedVersion: 0 },
    );
    expect(receipt).toEqual({ version: 1, created: true, results: [null, 3, 2, ["b"], null, null] });
    const before = await chat.read();
    expect(before).toMatchObject({
      data: { n: 3 },
      lists: { l: ["a"] },
      context: "So far so good.",
      tokens: 42,
    });
    const bad = chat.apply([
      { operation: "setData", values: { n: "text" } },
      { operation: "increment", key: "n", by: 1 },
    ]);
    expect(await fieldsOf(bad)).toEqual(["operations.1.key"]);
    expect(await codeOf(chat.apply([{ operation: "setTokens", tokens: 1 }], { expectedVersion: 0 }))).toBe(
      "version_conflict",
    );
    expect(await chat.read()).toEqual(before);
    const absent = memory.session("absent");
    expect(await codeOf(absent.setContext("x", { create: false }))).toBe("session_not_found");
    expect(await absent.read()).toBeNull();
  });

  verifies("session.replace", "replaces a session whole", async ({ memory }) => {
    const chat = memory.session("chat");
    await chat.append(say("one"));
    await chat.list("l").push(1);
    const old = await chat.read();
    if (old === null) throw new Error("The session was not kept");
    const {
      sessionId: _,
      namespace: __,
      userId: ___,
      expiresAt: ____,
      updatedAt: _____,
      version: ______,
      ...content
    } = old;
    const strategy = { strategy: "summary", config: { maxWords: 20 } };
    await chat.apply([
      { operation: "replace", content: { ...content, messages: [], data: { new: true }, strategy } },
    ]);
    expect(await chat.read()).toMatchObject({
      messages: [],
      data: { new: true },
      lists: { l: [1] },
      strategy,
      version: 3,
    });
  });

  verifies.moving(
    "session.expiry",
    "ends when its time has come, sliding or fixed",
    async (fixture) => {
      const { memory } = fixture;
      const [sliding, fixed] = [memory.session("sliding"), memory.session("fixed")];
      await sliding.expireIn(10);
      await fixed.expireIn(10, { sliding: false });
      fixture.advance(9);
      for (const session of [sliding, fixed]) await session.append(say("still here"));
      fixture.advance(1);
      expect(await fixed.read()).toBeNull();
      expect((await sliding.read())?.messages).toHaveLength(1);
      expect((await memory.sessions()).total).toBe(1);
      fixture.advance(9);
      expect(await sliding.read()).toBeNull();
      await sliding.append(say("anew"));
      expect(await sliding.read()).toMatchObject({ version: 1, ttlSeconds: null, expiresAt: null });
    },
    async ({ memory }) => {
      const session = memory.session("chat");
      await session.append(say("one"));
      await session.expireIn(3600);
      expect((await session.read())?.ttlSeconds).toBe(3600);
      await session.expireIn(0);
      expect(await session.read()).toBeNull();
    },
  );

  verifies("session.end", "ends by hand or with its block", async ({ memory }) => {
    const chat = memory.session("chat");
    expect(await chat.end()).toBe(false);
    await chat.append(say("one"));
    await chat.memory.add({ id: "kept", text: "Kept for long" });
    expect(await codeOf(chat.end({ expectedVersion: 9 }))).toBe("version_conflict");
    expect(await chat.end({ expectedVersion: 1 })).toBe(true);
    expect(await chat.read()).toBeNull();
    {
      await using workflow = memory.session("workflow");
      await workflow.data.set("step", 1);
      expect(await memory.session("workflow").data.get("step")).toBe(1);
    }
    expect(await memory.session("workflow").read()).toBeNull();
    const failing = async () => {
      await using workflow = memory.session("workflow");
      await workflow.data.set("step", 2);
      throw new Error("the work failed");
    };
    await expect(failing()).rejects.toThrow("the work failed");
    expect(await memory.session("workflow").read()).toBeNull();
    expect((await memory.get("kept"))?.sessionId).toBe("chat");
  });

  verifies("session.list", "lists the sessions of a scope", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice" });
    for (const id of ["a", "b", "c"]) await alice.session(id).append(say(id));
    await memory.scope({ userId: "bob" }).session("a").append(say("bob's"));
    const page = await alice.sessions({ limit: 2 });
    expect([page.sessions.length, page.total]).toEqual([2, 3]);
    const ids: string[] = [];
    for await (const { sessionId, userId, messageCount } of alice.sessions({ limit: 2 })) {
      ids.push(sessionId);
      expect([userId, messageCount]).toEqual(["alice", 1]);
    }
    expect(ids.sort()).toEqual(["a", "b", "c"]);
    expect((await memory.sessions()).total).toBe(4);
    expect((await memory.scope({ userId: "carol" }).sessions()).sessions).toEqual([]);
    expect(await fieldsOf(Promise.resolve(alice.sessions({ limit: 0 })))).toEqual(["limit"]);
  });
});
