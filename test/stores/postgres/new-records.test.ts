import { expect, onTestFinished, test } from "vitest";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { deleteRecord, makeRecord, putRecord, START } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { withServer } from "../../servers/with-server.ts";

const now = START;

await withServer("postgres", (server) => {
  test("an id goes on counting although its first versions were forgotten", async () => {
    const { url } = await ownSchema(server.url, { after: onTestFinished, ordinary: true });
    const store = await openPostgresStore({ url });
    onTestFinished(() => store.close());
    const put = () => store.write("acme", { writes: [putRecord(makeRecord("a"))], now });
    for (const version of [1, 3, 5]) {
      expect(await put()).toMatchObject({ versions: [version] });
      await store.write("acme", { writes: [deleteRecord("a", version)], now });
    }
    expect(await store.forgetVersions("acme", ["a"], { newest: 1, since: null })).toBeGreaterThan(0);
    expect((await store.history("acme", "a"))[0]?.version).toBeGreaterThan(1);
    expect(await put()).toMatchObject({ versions: [7] });
    expect(await store.check()).toEqual([]);
  });

  test("writes that come to nothing leave no gap in the feed", async () => {
    const { url } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url });
    onTestFinished(() => store.close());
    const put = (id: string) =>
      store.write("acme", { writes: [putRecord(makeRecord(id), { duplicateKey: "same" })], now });
    await put("a");
    await expect(put("a")).rejects.toMatchObject({ code: "version_conflict" });
    await expect(put("b")).rejects.toMatchObject({ code: "version_conflict", details: { duplicate: "a" } });
    await store.write("acme", { writes: [deleteRecord("a", 1)], now });
    expect(await put("b")).toEqual({ versions: [1], sequence: 3 });
    expect(await put("a").catch(() => "refused")).toBe("refused");
    const changes = await store.changes("acme", { after: 0, limit: 9 });
    expect(changes.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(await store.lastSequence("acme")).toBe(3);
  });
});
