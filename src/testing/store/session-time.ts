import { expect } from "vitest";
import type { SessionOperation } from "../../core/session/operations.ts";
import { at, makeMessage, START, sessionKey } from "../build.ts";
import { area } from "../suite.ts";
import { outcome, type StoreFixture } from "./fixture.ts";

const CHAT = sessionKey("chat");

const append = (id: string): SessionOperation => ({ operation: "append", messages: [makeMessage(id)] });

export const sessionTime = area<StoreFixture>("time of sessions", (verifies) => {
  const live = (seconds: number | null, sliding: boolean): SessionOperation => ({
    operation: "setTimeToLive",
    seconds,
    sliding,
  });

  verifies("sessions.sliding-expiry", "starts the time anew with every write", async ({ store }) => {
    await store.writeSession(CHAT, { operations: [live(10, true)], now: START });
    await store.writeSession(CHAT, { operations: [append("m1")], now: at(9.999999) });
    expect((await store.readSession(CHAT, { now: at(19) }))?.expiresAt).toBe(at(19.999));
    expect(await store.readSession(CHAT, { now: at(20) })).toBeNull();
  });

  verifies("sessions.fixed-expiry", "ends when it was said to, whatever is written", async ({ store }) => {
    await store.writeSession(CHAT, { operations: [live(10, false)], now: START });
    await store.writeSession(CHAT, { operations: [append("m1")], now: at(9) });
    expect(await store.readSession(CHAT, { now: at(9.999999) })).toMatchObject({
      expiresAt: at(10),
      version: 2,
    });
    expect(await store.readSession(CHAT, { now: at(10) })).toBeNull();
    await store.writeSession(CHAT, { operations: [live(5, false)], now: at(20) });
    await store.writeSession(CHAT, { operations: [live(null, false)], now: at(21) });
    expect((await store.readSession(CHAT, { now: at(99) }))?.expiresAt).toBeNull();
  });

  verifies("sessions.expired", "is absent everywhere once expired", async ({ store }) => {
    await store.writeSession(CHAT, { operations: [append("m1"), live(10, true)], now: START });
    const now = at(10);
    expect(await store.findSessions(CHAT.tenant, "chat", at(9))).toEqual([CHAT]);
    expect(await store.findSessions(CHAT.tenant, "chat", now)).toEqual([]);
    const all = { limit: 10, offset: 0 };
    expect((await store.listSessions(CHAT.tenant, { now: at(9), ...all })).total).toBe(1);
    expect(await store.listSessions(CHAT.tenant, { now, ...all })).toEqual({ sessions: [], total: 0 });
    expect(await store.deleteSession(CHAT, { now })).toBe(false);
    const update = { operations: [append("m2")], now };
    expect(await outcome(store.writeSession(CHAT, { ...update, create: false }))).toBe("session_not_found");
    expect(await outcome(store.writeSession(CHAT, { ...update, expectedVersion: 1 }))).toBe(
      "version_conflict",
    );
    const receipt = await store.writeSession(CHAT, { ...update, expectedVersion: 0 });
    expect(receipt).toEqual({ version: 1, created: true, results: [["m2"]] });
    expect(await store.readSession(CHAT, { now })).toMatchObject({
      messages: [{ id: "m2" }],
      ttlSeconds: null,
      createdAt: now,
    });
  });

  verifies("sessions.remove-expired", "removes expired sessions of every tenant", async ({ store }) => {
    const keys = ["a", "b", "c"].map((id) => sessionKey(id));
    const foreign = sessionKey("a", { tenant: "other", namespace: "n", userId: "u" });
    for (const key of [...keys, foreign])
      await store.writeSession(key, { operations: [append("m1"), live(10, true)], now: START });
    const lasting = sessionKey("lasting");
    await store.writeSession(lasting, { operations: [append("m1")], now: START });
    expect(await store.removeExpiredSessions(at(9), 10)).toEqual([]);
    const first = await store.removeExpiredSessions(at(10), 3);
    const second = await store.removeExpiredSessions(at(10), 3);
    expect([first.length, second.length]).toEqual([3, 1]);
    const gone = [...first, ...second].map((key) => [key.tenant, key.namespace, key.userId, key.sessionId]);
    expect(gone.map((parts) => parts.join()).sort()).toEqual([
      "acme,,,a",
      "acme,,,b",
      "acme,,,c",
      "other,n,u,a",
    ]);
    expect(await store.removeExpiredSessions(at(10), 3)).toEqual([]);
    expect((await store.listSessions("acme", { now: START, limit: 9, offset: 0 })).total).toBe(1);
  });
});
