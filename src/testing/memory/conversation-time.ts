import { expect } from "vitest";
import { area } from "../suite.ts";
import { fieldsOf, type MemoryFixture } from "./fixture.ts";

export const conversationTime = area<MemoryFixture>("time of conversations", (verifies) => {
  verifies.moving(
    "conversation.ttl",
    "lets fields expire one by one",
    async (fixture) => {
      const { memory } = fixture;
      const chat = memory.conversations().conversation("chat");
      await chat.set("usual", 1);
      await chat.set("brief", 2, { ttl: 60 });
      await chat.set("lasting", 3, { ttl: null });
      await chat.append("list", "x", { ttl: 60 });
      await chat.update({ one: 1, other: [1] }, { ttl: 90 });
      fixture.advance(59.999);
      expect((await chat.keys()).length).toBe(6);
      fixture.advance(0.001);
      expect((await chat.keys()).sort()).toEqual(["lasting", "one", "other", "usual"]);
      expect([await chat.get("brief", "gone"), await chat.has("list"), await chat.pop("list")]).toEqual([
        "gone",
        false,
        undefined,
      ]);
      expect(await chat.append("list", "anew")).toBe(1);
      expect(await memory.session("chat").data.get("brief")).toBeUndefined();
      fixture.advance(3540);
      expect((await chat.keys()).sort()).toEqual(["lasting", "list"]);
      expect(Object.keys((await chat.size()).fields).sort()).toEqual(["lasting", "list"]);
      expect((await memory.conversations().stats()).totalFields).toBe(2);
    },
    async ({ memory }) => {
      const chat = memory.conversations().conversation("chat");
      await chat.set("brief", 1, { ttl: 0 });
      await chat.set("lasting", 2);
      expect(await chat.items()).toEqual([["lasting", 2]]);
    },
  );

  verifies.moving(
    "conversation.ttl",
    "starts the time of a field anew with every write of it",
    async (fixture) => {
      const chat = fixture.memory.conversations({ ttl: 10 }).conversation("chat");
      await chat.update({ written: [1], left: [1], number: 1 });
      fixture.advance(6);
      await chat.append("written", 2);
      await chat.set("number", 2);
      fixture.advance(6);
      expect(new Map(await chat.items())).toEqual(
        new Map<string, unknown>([
          ["number", 2],
          ["written", [1, 2]],
        ]),
      );
      await chat.insert("written", 0, 0);
      await chat.pop("written");
      fixture.advance(9);
      expect(await chat.items()).toEqual([["written", [0, 1]]]);
      await chat.remove("written", 0);
      fixture.advance(9);
      expect(await chat.items()).toEqual([["written", [1]]]);
      fixture.advance(1);
      expect(await chat.items()).toEqual([]);
    },
    async ({ memory }) => {
      const chat = memory.conversations({ ttl: 0 }).conversation("chat");
      await chat.set("gone", 1);
      await chat.set("here", 1, { ttl: 60 });
      expect(await chat.keys()).toEqual(["here"]);
    },
  );

  verifies.moving(
    "conversation.set-ttl",
    "sets the time of everything there is",
    async (fixture) => {
      const { memory } = fixture;
      const chat = memory.conversations().conversation("chat");
      await chat.setTtl(5);
      expect(await memory.session("chat").read()).toBeNull();
      await chat.update({ a: 1, list: [1] }, { ttl: null });
      await chat.addMessage("user", "hello");
      await chat.setTtl(30);
      await chat.set("later", 1, { ttl: 100 });
      fixture.advance(30);
      expect([await chat.keys(), await chat.messageCount()]).toEqual([["later"], 1]);
      fixture.advance(70);
      expect(await memory.session("chat").read()).toBeNull();
      await chat.set("a", 1);
      await chat.setTtl(null);
      fixture.advance(1e9);
      expect(await chat.get("a")).toBe(1);
    },
    async ({ memory }) => {
      const chat = memory.conversations().conversation("chat");
      await chat.set("a", 1);
      expect(await fieldsOf(chat.setTtl("soon" as never))).toEqual(["seconds"]);
      await chat.setTtl(0);
      expect(await chat.items()).toEqual([]);
    },
  );

  verifies.moving(
    "conversation.lifetime",
    "ends a day after it was last written to, or when it was said",
    async (fixture) => {
      const { memory } = fixture;
      const chat = memory.conversations().conversation("chat");
      await chat.addMessage("user", "hello");
      fixture.advance(86_000);
      await chat.addMessage("user", "still here");
      fixture.advance(86_399);
      expect(await chat.messageCount()).toBe(2);
      fixture.advance(1);
      expect(await chat.messageCount()).toBe(0);

      const brief = memory.conversations({ conversationTtl: 10 }).conversation("brief");
      const lasting = memory.conversations({ conversationTtl: null }).conversation("lasting");
      for (const conversation of [brief, lasting]) await conversation.addMessage("user", "hello");
      await memory.session("there before").append({ role: "user", content: "hello" });
      const before = memory.conversations({ conversationTtl: 10 }).conversation("there before");
      await before.addMessage("user", "hello");
      fixture.advance(10);
      const counts = await Promise.all([brief, lasting, before].map((one) => one.messageCount()));
      expect(counts).toEqual([0, 1, 2]);
    },
    async ({ memory }) => {
      await memory.conversations().conversation("chat").addMessage("user", "hello");
      expect((await memory.session("chat").read())?.ttlSeconds).toBe(86_400);
      const lasting = memory.conversations({ conversationTtl: null }).conversation("lasting");
      await lasting.addMessage("user", "hello");
      expect((await memory.session("lasting").read())?.ttlSeconds).toBeNull();
    },
  );

  verifies.moving(
    "conversation.cleanup",
    "removes what nobody has written to for long",
    async (fixture) => {
      const manager = fixture.memory.scope({ userId: "alice" }).conversations({ conversationTtl: null });
      const others = fixture.memory.scope({ userId: "bob" }).conversations({ conversationTtl: null });
      for (const id of ["a", "b", "c"]) await manager.conversation(id).addMessage("user", "hello");
      await others.conversation("a").addMessage("user", "hello");
      fixture.advance(100);
      await manager.conversation("b").addMessage("user", "again");
      fixture.advance(50);
      expect(await manager.cleanupExpired(151)).toBe(0);
      expect(await manager.cleanupExpired(100)).toBe(2);
      const left = (await fixture.memory.conversations().stats()).conversations;
      expect(left.map(({ conversationId, userId }) => `${userId} ${conversationId}`).sort()).toEqual([
        "alice b",
        "bob a",
      ]);
      expect(await fieldsOf(manager.cleanupExpired(-1))).toEqual(["maxAgeSeconds"]);
    },
    async ({ memory }) => {
      const manager = memory.conversations();
      await manager.conversation("a").set("x", 1);
      expect(await manager.cleanupExpired(3600)).toBe(0);
      expect(await manager.conversation("a").get("x")).toBe(1);
    },
  );
});
