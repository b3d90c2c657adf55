import { expect, onTestFinished, test } from "vitest";
import type { Change } from "../../../src/core/store.ts";
import { type Memory, openMemory } from "../../../src/index.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { type LogLine, recordingLogger, serveMemory } from "../../server/served.ts";
import { startPgbouncer } from "../../servers/postgres.ts";
import { until } from "../../servers/until.ts";
import { withPrograms, withServer } from "../../servers/with-server.ts";

/** Longer than a test may take: whoever looks at such intervals sees a change only when told of it. */
const NEVER = 3_600_000;

async function opened(url: string, log: LogLine[] = []): Promise<Memory> {
  const memory = await openMemory({ store: url, jobs: "memory:", logger: recordingLogger(log) });
  onTestFinished(() => memory.close());
  return memory;
}

/** The next change that a follower is given. */
async function nextOf(changes: AsyncGenerator<Change, void>): Promise<string | undefined> {
  const { value } = await changes.next();
  return value?.id;
}

async function add(memory: Memory, id: string): Promise<void> {
  await memory.add({ id, text: `what ${id} says` });
}

test("a follower is told of what its own handle writes, without a server", async () => {
  const memory = await opened("pglite:");
  const changes = memory.changes({ follow: true, interval: NEVER });
  const [first] = await Promise.all([nextOf(changes), add(memory, "a")]);
  expect(first).toBe("a");
  const [second] = await Promise.all([
    nextOf(changes),
    memory.session("chat").append({ role: "user", content: "hello" }),
  ]);
  expect(second).toBe("chat");
  await changes.return();
});

await withServer("postgres", async (server) => {
  async function ownDatabase() {
    const { url, schema, query } = await ownSchema(server.url, { after: onTestFinished });
    const listening = async () => {
      const sessions = await query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN %'",
        [schema],
      );
      return sessions.map(({ pid }) => pid);
    };
    return { url: `${url}&application_name=${schema}`, query, listening };
  }

  test("a follower is told of what others write, and listens only while it follows", async () => {
    const { url, listening } = await ownDatabase();
    const [reader, writer] = [await opened(url), await opened(url)];
    const ended = new AbortController();
    const changes = reader.changes({ follow: true, interval: NEVER, signal: ended.signal });
    const first = nextOf(changes);
    await until("the follower listens", async () => (await listening()).length === 1);
    await add(writer, "a");
    expect(await first).toBe("a");
    // What comes together, and what comes right after, is not lost.
    await Promise.all(["b", "c", "d"].map((id) => add(writer, id)));
    const told = [await nextOf(changes), await nextOf(changes), await nextOf(changes)];
    expect(told.toSorted()).toEqual(["b", "c", "d"]);
    await writer.delete("b");
    expect(await nextOf(changes)).toBe("b");

    const last = nextOf(changes);
    ended.abort(new Error("enough"));
    await expect(last).rejects.toThrow("enough");
    await until("nobody listens", async () => (await listening()).length === 0);
  });

  test("a server's readers are told", async () => {
    const { url } = await ownDatabase();
    const writer = await opened(url);
    const served = await serveMemory(url, { stream: { poll: NEVER, heartbeat: NEVER } });
    onTestFinished(() => served.close());
    const remote = await openMemory(served.url);
    const changes = remote.changes({ follow: true });
    const [first] = await Promise.all([nextOf(changes), add(writer, "a")]);
    expect(first).toBe("a");
    await changes.return();
    await remote.close();
  });

  test("whoever lost the connection hears again once there is another", async () => {
    const { url, query, listening } = await ownDatabase();
    const [reader, writer] = [await opened(url), await opened(url)];
    const changes = reader.changes({ follow: true, interval: NEVER });
    const first = nextOf(changes);
    await until("the follower listens", async () => (await listening()).length === 1);
    const before = await listening();
    await query("SELECT pg_terminate_backend(pid, 10000) FROM unnest($1::int[]) AS pid", [before]);
    // Nobody hears it; the follower looks when it listens again.
    await add(writer, "a");
    expect(await first).toBe("a");
    const second = nextOf(changes);
    await until("the follower listens again", async () => (await listening()).length === 1);
    expect(await listening()).not.toEqual(before);
    await add(writer, "b");
    expect(await second).toBe("b");
    await changes.return();
  });

  test("what nobody tells is found at the interval", async () => {
    const { url, listening } = await ownDatabase();
    const [reader, silent] = [await opened(`${url}&notify=off`), await opened(`${url}&notify=off`)];
    const changes = reader.changes({ follow: true, interval: 1 });
    for (const id of ["a", "b"]) {
      const [told] = await Promise.all([nextOf(changes), add(silent, id)]);
      expect(told).toBe(id);
      expect(await listening()).toEqual([]);
    }
    await changes.return();
  });

  test("closing ends followers and what listens, and tells others of the last change", async () => {
    const { url, query, listening } = await ownDatabase();
    const [reader, other, writer] = [await opened(url), await opened(url), await opened(url)];
    const first = nextOf(reader.changes({ follow: true, interval: NEVER }));
    await until("the follower listens", async () => (await listening()).length === 1);
    await add(writer, "a");
    const also = nextOf(writer.changes({ follow: true, interval: NEVER, after: 2 }));
    await add(writer, "b");
    await Promise.all([expect(also).rejects.toMatchObject({ code: "store_closed" }), writer.close()]);
    expect(await first).toBe("a");
    const waiting = nextOf(other.changes({ follow: true, interval: NEVER, after: 2 }));
    const [refused] = await Promise.allSettled([waiting, other.close(), reader.close()]);
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "store_closed" } });
    const [name] = new URL(url).searchParams.getAll("application_name");
    await until("no session is left", async () => {
      const left = await query("SELECT pid FROM pg_stat_activity WHERE application_name = $1", [name]);
      return left.length === 0;
    });
  });

  await withPrograms((programs) => {
    test("behind a pooler followers look at intervals, and writers tell those who are not", async () => {
      const { url } = await ownDatabase();
      const pooler = await startPgbouncer(programs, server.url);
      onTestFinished(() => pooler.remove());
      const pooledUrl = new URL(url);
      pooledUrl.host = `127.0.0.1:${pooler.port}`;
      const log: LogLine[] = [];
      const [pooled, direct] = [await opened(pooledUrl.href, log), await opened(url)];
      const [looking, told] = [
        pooled.changes({ follow: true, interval: 1 }),
        direct.changes({ follow: true, interval: NEVER }),
      ];
      const first = [nextOf(looking), nextOf(told)];
      await until("the pooler is noticed", async () => log.some(({ message }) => message.includes("pooler")));
      await add(pooled, "a");
      expect(await Promise.all(first)).toEqual(["a", "a"]);
      await add(direct, "b");
      expect(await Promise.all([nextOf(looking), nextOf(told)])).toEqual(["b", "b"]);
      await Promise.all([looking.return(), told.return()]);
    });
  });
});
