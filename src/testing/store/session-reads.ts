import { expect } from "vitest";
import type { SessionOperation } from "../../core/session/operations.ts";
import { at, makeMessage, START, sessionKey } from "../build.ts";
import { area } from "../suite.ts";
import type { StoreFixture } from "./fixture.ts";

const CHAT = sessionKey("chat");

const append = (...ids: string[]): SessionOperation => ({
  operation: "append",
  messages: ids.map((id) => makeMessage(id)),
});

export const sessionReads = area<StoreFixture>("reading sessions", (verifies) => {
  verifies("sessions.newest", "gives the newest messages by date, oldest first", async ({ store }) => {
    const dates: [string, string][] = [
      ["late", "2026-05-04T09:30:00.000002Z"],
      ["early", "2026-05-04T09:29:59.999999Z"],
      ["tie 2", "2026-05-04T09:30:00Z"],
      ["tie 1", "2026-05-04T09:30:00Z"],
      ["middle", "2026-05-04T09:30:00.000001Z"],
    ];
    const messages = dates.map(([id, createdAt]) => makeMessage(id, { createdAt }));
    await store.writeSession(CHAT, { operations: [{ operation: "append", messages }], now: START });
    const read = async (newest?: number) => {
      const state = await store.readSession(CHAT, { now: START, ...(newest !== undefined && { newest }) });
      return state?.messages.map(({ id }) => id);
    };
    expect(await read()).toEqual(["late", "early", "tie 2", "tie 1", "middle"]);
    expect(await read(9)).toEqual(["early", "tie 2", "tie 1", "middle", "late"]);
    expect(await read(3)).toEqual(["tie 1", "middle", "late"]);
    expect(await read(1)).toEqual(["late"]);
    expect(await read(0)).toEqual([]);
  });

  verifies("sessions.find", "finds a session id in every scope of the tenant", async ({ store }) => {
    const keys = [
      sessionKey("chat"),
      sessionKey("chat", { userId: "alice" }),
      sessionKey("chat", { namespace: "n" }),
      sessionKey("chat", { namespace: "n", userId: "alice" }),
    ];
    const others = [sessionKey("chat2"), sessionKey("Chat"), sessionKey("chat", { tenant: "other" })];
    for (const key of [...keys, ...others])
      await store.writeSession(key, { operations: [append("m")], now: START });
    const text = (key: object) => JSON.stringify(Object.entries(key).sort());
    const found = await store.findSessions("acme", "chat", START);
    expect(found.map(text).sort()).toEqual(keys.map(text).sort());
    expect(await store.findSessions("acme", "no", START)).toEqual([]);
  });

  verifies("sessions.list", "lists the most recently updated first, in pages", async ({ store }) => {
    const alice = { namespace: "n", userId: "alice" };
    const written: [string, number, object][] = [
      ["c", 1, {}],
      ["b", 2, alice],
      ["a", 2, alice],
      ["d", 2.000001, { namespace: "n" }],
      ["e", 0.5, { userId: "alice" }],
    ];
    for (const [id, seconds, scope] of written)
      await store.writeSession(sessionKey(id, scope), { operations: [append("m1", "m2")], now: at(seconds) });
    const query = { now: at(9), limit: 10, offset: 0 };
    const ids = async (part: object) => {
      const { sessions, total } = await store.listSessions("acme", { ...query, ...part });
      return [sessions.map(({ sessionId }) => sessionId).join(""), total];
    };
    expect(await ids({})).toEqual(["dabce", 5]);
    expect(await ids({ limit: 2, offset: 1 })).toEqual(["ab", 5]);
    expect(await ids({ limit: 2, offset: 4 })).toEqual(["e", 5]);
    expect(await ids({ offset: 5 })).toEqual(["", 5]);
    expect(await ids({ userId: "alice" })).toEqual(["abe", 3]);
    expect(await ids({ namespace: "n" })).toEqual(["dab", 3]);
    expect(await ids({ namespace: null })).toEqual(["ce", 2]);
    expect(await ids({ namespace: "n", userId: null })).toEqual(["d", 1]);
    expect(await ids({ namespace: "n", userId: "alice", limit: 1 })).toEqual(["a", 2]);
    const { sessions } = await store.listSessions("acme", { ...query, offset: 2, limit: 1 });
    expect(sessions).toEqual([
      {
        tenant: "acme",
        ...alice,
        sessionId: "b",
        messageCount: 2,
        createdAt: at(2),
        updatedAt: at(2),
        expiresAt: null,
        version: 1,
      },
    ]);
  });
});
