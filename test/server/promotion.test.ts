import { expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import { openMemory } from "../../src/open.ts";
import type { MemoryOperations } from "../../src/operations.ts";
import { createApp } from "../../src/server/index.ts";
import { TestClock } from "./served.ts";

const key = { tenant: "default", namespace: null, userId: null, sessionId: "s" };

/** A memory whose `add` lets somebody else in before it begins. */
async function interrupted(meanwhile: (operations: MemoryOperations) => Promise<unknown>) {
  const clock = new TestClock();
  const memory = await openMemory({ store: "memory:", clock });
  const { operations } = memory;
  const app = createApp({
    operations: {
      ...operations,
      async add(...call) {
        await meanwhile(operations);
        return operations.add(...call);
      },
    },
    clock,
  });
  const put = () =>
    app.request("/v1/working-memory/s", {
      method: "PUT",
      body: JSON.stringify({ memories: [{ id: "noted", text: "promoted" }], data: { kept: 1 } }),
    });
  return { memory, put };
}

test("what others write while memories are promoted stays", async () => {
  const { memory, put } = await interrupted(async (operations) => {
    await operations.writeSession(key, [
      {
        operation: "append",
        messages: [
          {
            id: "m",
            role: "user",
            content: "meanwhile",
            name: null,
            createdAt: "2026-05-04T09:00:00Z",
            metadata: {},
            persistedAt: null,
            extracted: false,
          },
        ],
      },
      { operation: "setData", values: { added: 2 } },
      { operation: "pushList", list: "l", values: [1] },
    ]);
  });
  expect((await put()).status).toBe(200);
  const state = await memory.operations.readSession(key);
  expect(state).toMatchObject({
    messages: [{ content: "meanwhile" }],
    data: { kept: 1, added: 2 },
    lists: { l: [1] },
    records: [{ id: "noted", persistedAt: expect.any(String) }],
  });
  expect(await memory.get("noted")).toMatchObject({ text: "promoted", sessionId: "s" });
  await memory.close();
});

test("memories that somebody replaced meanwhile are not brought back", async () => {
  const { memory, put } = await interrupted((operations) =>
    operations.writeSession(key, [{ operation: "setRecords", records: [] }]),
  );
  expect((await put()).status).toBe(200);
  expect((await memory.operations.readSession(key))?.records).toEqual([]);
  expect(await memory.get("noted")).not.toBeNull();
  await memory.close();
});

test("a session that ended meanwhile stays ended", async () => {
  const { memory, put } = await interrupted((operations) => operations.deleteSession(key));
  expect((await put()).status).toBe(200);
  expect(await memory.operations.readSession(key)).toBeNull();
  await memory.close();
});

test("when the store fails, nothing is marked as promoted, and saving again makes up for it", async () => {
  let failing = true;
  const { memory, put } = await interrupted(async () => {
    if (failing) throw new StoreError("store_busy", "The store is busy.");
  });
  expect((await put()).status).toBe(503);
  expect((await memory.operations.readSession(key))?.records).toMatchObject([{ persistedAt: null }]);
  failing = false;
  expect((await put()).status).toBe(200);
  expect((await memory.operations.readSession(key))?.records).toMatchObject([
    { persistedAt: expect.any(String) },
  ]);
  await memory.close();
});
