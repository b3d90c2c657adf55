import fc from "fast-check";
import { expect } from "vitest";
import { MemoirError } from "../../core/errors.ts";
import type { SessionOperation } from "../../core/session/operations.ts";
import { DEFAULT_STRATEGY } from "../../core/session/state.ts";
import type { SessionWrite } from "../../core/session-store.ts";
import type { Store } from "../../core/store.ts";
import { arbitraryOperation } from "../arbitrary-operations.ts";
import { at, makeMessage, START, sessionKey } from "../build.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { outcome, type StoreFixture } from "./fixture.ts";
import { SessionModel } from "./session-model.ts";

const append = (...ids: string[]): SessionOperation => ({
  operation: "append",
  messages: ids.map((id) => makeMessage(id)),
});

const CHAT = sessionKey("chat");

export const sessions = area<StoreFixture>("sessions", (verifies) => {
  verifies("sessions.create", "begins empty with the first write", async ({ store }) => {
    expect(await store.readSession(CHAT, { now: START })).toBeNull();
    const receipt = await store.writeSession(CHAT, { operations: [append("m1")], now: at(1) });
    expect(receipt).toEqual({ version: 1, created: true, results: [["m1"]] });
    expect(await store.readSession(CHAT, { now: at(2) })).toEqual({
      sessionId: "chat",
      namespace: null,
      userId: null,
      messages: [makeMessage("m1")],
      records: [],
      data: {},
      lists: {},
      context: null,
      tokens: 0,
      ttlSeconds: null,
      slidingExpiry: true,
      strategy: DEFAULT_STRATEGY,
      createdAt: at(1),
      lastAccessedAt: at(1),
      expiresAt: null,
      updatedAt: at(1),
      version: 1,
    });
    const update = await store.writeSession(CHAT, { operations: [], now: at(3) });
    expect(update).toEqual({ version: 2, created: false, results: [] });
    expect((await store.readSession(CHAT, { now: at(3) }))?.updatedAt).toBe(at(3));
  });

  verifies("sessions.operations", "means by every operation what the reference means", async (fixture) => {
    const { store, runs } = fixture;
    const step = fc.record({
      operations: fc.array(arbitraryOperation(), { maxLength: 4 }),
      seconds: fc.constantFrom(0, 0.000001, 1, 9.999999, 10, 60, 4000),
      expectedVersion: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined, freq: 6 }),
      create: fc.option(fc.boolean(), { nil: undefined }),
      newest: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
    });
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
      const key = { ...CHAT, tenant: fixture.freshTenant() };
      const model = new SessionModel(key);
      let clock = 0;
      for (const { operations, seconds, expectedVersion, create, newest } of steps) {
        clock += seconds;
        const now = at(clock);
        const write: SessionWrite = {
          operations,
          now,
          ...(expectedVersion !== undefined && { expectedVersion }),
          ...(create !== undefined && { create }),
        };
        const expected = model.write(structuredClone(write));
        expect(await receiptOrCode(store, key, write)).toEqual(expected);
        expect(await store.readSession(key, { now })).toEqual(model.read(now));
        if (newest !== undefined)
          expect(await store.readSession(key, { now, newest })).toEqual(model.read(now, newest));
      }
    });
    await fc.assert(property, { numRuns: runs });
  });

  verifies("sessions.any-text", "keeps any well-formed text exactly", async ({ store }) => {
    const messages = ODD_TEXTS.map((content, index) =>
      makeMessage(`m${index}`, { content, role: content, name: content, metadata: { content } }),
    );
    const values = Object.fromEntries(ODD_TEXTS.map((text) => [text, text]));
    const operations: SessionOperation[] = [
      { operation: "append", messages },
      { operation: "setData", values },
      { operation: "setList", list: "odd \0 name", values: ODD_TEXTS },
      { operation: "setContext", context: ODD_TEXTS.join("") },
    ];
    await store.writeSession(CHAT, { operations, now: START });
    const state = await store.readSession(CHAT, { now: START });
    expect(state?.messages).toEqual(messages);
    expect(state?.data).toEqual(values);
    expect(state?.lists).toEqual({ "odd \0 name": ODD_TEXTS });
    expect(state?.context).toBe(ODD_TEXTS.join(""));
  });

  verifies("sessions.atomic", "changes nothing when an operation does not fit", async ({ store }) => {
    await store.writeSession(CHAT, {
      operations: [append("m1"), { operation: "setData", values: { text: "x" } }],
      now: START,
    });
    const before = await store.readSession(CHAT, { now: START });
    const sequence = await store.lastSequence(CHAT.tenant);
    const operations: SessionOperation[] = [
      append("m2"),
      { operation: "patchMessages", ids: ["m1"], patch: { extracted: true } },
      { operation: "deleteMessages", ids: ["m1"] },
      { operation: "pushList", list: "list", values: [1] },
      { operation: "setTimeToLive", seconds: 1 },
      { operation: "increment", key: "text", by: 1 },
    ];
    const idempotency = { key: "k", fingerprint: "f" };
    const failing = store.writeSession(CHAT, { operations, now: at(1), idempotency });
    await expect(failing).rejects.toMatchObject({
      code: "invalid_input",
      issues: [{ path: ["operations", 5, "key"] }],
    });
    expect(await store.readSession(CHAT, { now: at(1) })).toEqual(before);
    expect(await store.lastSequence(CHAT.tenant)).toBe(sequence);
    const retried = await store.writeSession(CHAT, { operations: [append("m3")], now: at(1), idempotency });
    expect(retried).toEqual({ version: 2, created: false, results: [["m3"]] });
    const unborn = sessionKey("unborn");
    const text: SessionOperation = { operation: "setData", values: { text: "x" } };
    const stillborn = { operations: [text, ...operations.slice(-1)], now: START };
    expect(await outcome(store.writeSession(unborn, stillborn))).toBe("invalid_input");
    expect(await store.readSession(unborn, { now: START })).toBeNull();
  });

  verifies("sessions.copies", "shares nothing with its callers", async ({ store }) => {
    const mine = makeMessage("m1", { metadata: { deep: [1] } });
    const values = { deep: [1] };
    const operations: SessionOperation[] = [
      { operation: "append", messages: [mine] },
      { operation: "setData", values },
    ];
    await store.writeSession(CHAT, { operations, now: START });
    scribble(mine.metadata["deep"]);
    scribble(values.deep);
    const state = await store.readSession(CHAT, { now: START });
    expect(state).toMatchObject({ messages: [{ metadata: { deep: [1] } }], data: { deep: [1] } });
    scribble(state?.messages[0]?.metadata["deep"]);
    scribble(state?.data["deep"]);
    expect(await store.readSession(CHAT, { now: START })).toMatchObject({
      messages: [{ metadata: { deep: [1] } }],
      data: { deep: [1] },
    });
  });

  verifies("sessions.compare-and-set", "refuses any other version than the expected", async ({ store }) => {
    const write = (expectedVersion: number, id: string) =>
      outcome(store.writeSession(CHAT, { operations: [append(id)], now: START, expectedVersion }));
    expect(await write(1, "no")).toBe("version_conflict");
    expect(await write(0, "m1")).toBe("resolved");
    expect(await write(0, "no")).toBe("version_conflict");
    expect(await write(1, "m2")).toBe("resolved");
    expect(await write(1, "no")).toBe("version_conflict");
    const state = await store.readSession(CHAT, { now: START });
    expect(state?.messages.map(({ id }) => id)).toEqual(["m1", "m2"]);
    expect(await outcome(store.deleteSession(CHAT, { now: START, expectedVersion: 1 }))).toBe(
      "version_conflict",
    );
    expect(await store.deleteSession(CHAT, { now: START, expectedVersion: 2 })).toBe(true);
  });

  verifies("sessions.compare-and-set", "tells of the version before what does not fit", async ({ store }) => {
    const unfit: SessionWrite = {
      operations: [
        { operation: "setData", values: { word: "x" } },
        { operation: "moveToList", key: "word" },
      ],
      now: START,
    };
    expect(await outcome(store.writeSession(CHAT, unfit))).toBe("invalid_input");
    expect(await outcome(store.writeSession(CHAT, { ...unfit, expectedVersion: 1 }))).toBe(
      "version_conflict",
    );
    expect(await outcome(store.writeSession(CHAT, { ...unfit, create: false }))).toBe("session_not_found");
    expect(await store.readSession(CHAT, { now: START })).toBeNull();
  });

  verifies("sessions.must-exist", "creates nothing when it must not", async ({ store }) => {
    const write = { operations: [append("m1")], now: START, create: false };
    expect(await outcome(store.writeSession(CHAT, write))).toBe("session_not_found");
    expect(await store.readSession(CHAT, { now: START })).toBeNull();
    await store.writeSession(CHAT, { ...write, create: true });
    expect(await outcome(store.writeSession(CHAT, { ...write, operations: [append("m2")] }))).toBe(
      "resolved",
    );
  });

  verifies("sessions.idempotency", "gives the first receipt to a repeated key", async ({ store }) => {
    const idempotency = { key: "k", fingerprint: "f" };
    const write = { operations: [append("m1")], now: START, idempotency, expectedVersion: 0 };
    const first = await store.writeSession(CHAT, write);
    await store.writeSession(CHAT, { operations: [append("m2")], now: START });
    expect(await store.writeSession(CHAT, { ...write, now: at(5) })).toEqual(first);
    expect((await store.readSession(CHAT, { now: START }))?.version).toBe(2);
    const other = { ...write, idempotency: { key: "k", fingerprint: "other" } };
    expect(await outcome(store.writeSession(CHAT, other))).toBe("idempotency_key_reused");
    await store.deleteSession(CHAT, { now: START });
    expect(await store.writeSession(CHAT, write)).toEqual(first);
    expect(await store.readSession(CHAT, { now: START })).toBeNull();
  });

  verifies("sessions.delete", "removes a session whole", async ({ store }) => {
    expect(await store.deleteSession(CHAT, { now: START })).toBe(false);
    const operations: SessionOperation[] = [append("m1"), { operation: "pushList", list: "l", values: [1] }];
    await store.writeSession(CHAT, { operations, now: START });
    expect(await store.deleteSession(CHAT, { now: START })).toBe(true);
    expect(await store.deleteSession(CHAT, { now: START })).toBe(false);
    const again = await store.writeSession(CHAT, { operations: [append("m1")], now: at(1) });
    expect(again).toEqual({ version: 1, created: true, results: [["m1"]] });
    expect((await store.readSession(CHAT, { now: at(1) }))?.lists).toEqual({});
  });
});

async function receiptOrCode(store: Store, key: typeof CHAT, write: SessionWrite): Promise<unknown> {
  try {
    return await store.writeSession(key, write);
  } catch (error) {
    if (MemoirError.is(error)) return error.code;
    throw error;
  }
}

/** Changes what it was given, unless that is frozen, which is as good as a copy. */
function scribble(values: unknown): void {
  if (Array.isArray(values) && !Object.isFrozen(values)) values.push("scribbled");
}
