import { expect } from "vitest";
import { area } from "../suite.ts";
import { codeOf, type MemoryFixture } from "./fixture.ts";

export const idempotency = area<MemoryFixture>("idempotency keys", (verifies) => {
  verifies("memory.idempotency", "carries out a repeated write once", async ({ memory }) => {
    const options = { idempotencyKey: "add-1" };
    const first = await memory.add(["one", "two"], options);
    expect(await memory.add(["one", "two"], options)).toEqual(first);
    expect(await codeOf(memory.add(["one", "three"], options))).toBe("idempotency_key_reused");
    const [one] = first;
    const id = one?.record.id ?? "";
    const updated = await memory.update(id, { text: "changed" }, { idempotencyKey: "update-1" });
    expect(await memory.update(id, { text: "changed" }, { idempotencyKey: "update-1" })).toEqual(updated);
    expect((await memory.history(id)).length).toBe(2);
    expect(await memory.delete(id, { idempotencyKey: "delete-1" })).toEqual([id]);
    expect(await memory.delete(id, { idempotencyKey: "delete-1" })).toEqual([id]);
    expect((await memory.list()).total).toBe(1);
  });
});
