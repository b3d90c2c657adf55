import { join } from "node:path";
import { expect, test } from "vitest";
import { connectMemory } from "../../src/client/index.ts";
import { Memory } from "../../src/memory.ts";
import { temporaryFolder } from "../cli/memoir.ts";
import { served } from "../cli/served.ts";
import { joined, noWrites, show, tally, type Writes } from "./ledger.ts";
import { checkStore, readAll } from "./operations.ts";

const MINUTES = 60_000;
const LANES = 4;

/** A memory on a server that gives up at once when the server dies. */
async function connect(url: string): Promise<Memory> {
  return new Memory({ operations: await connectMemory(url, { retries: 0 }) });
}

/** Writes records and messages side by side until the server is gone; gives what it acknowledged. */
async function writeUntilGone(
  url: string,
  name: string,
  kill: () => void,
  killAfter: number,
): Promise<Writes> {
  const memory = await connect(url);
  const acknowledged = noWrites();
  let writes = 0;
  const lane = async (number: number) => {
    for (let index = 0; ; index++) {
      const id = `${name}-${number}-${index}`;
      const isRecord = (number + index) % 2 === 0;
      try {
        if (isRecord) await memory.add({ id, text: `Record ${id}`, type: "message" });
        else await memory.session("shared").append({ id, role: "user", content: `Message ${id}` });
      } catch {
        return;
      }
      (isRecord ? acknowledged.records : acknowledged.messages).push(id);
      if (++writes === killAfter) kill();
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return acknowledged;
}

test("a server killed twenty times amid its writes has lost nothing it acknowledged", {
  timeout: 5 * MINUTES,
}, async () => {
  const folder = temporaryFolder();
  const store = `sqlite:${join(folder, "memory.db")}`;
  const all: Writes[] = [];
  for (let round = 0; round < 20; round++) {
    const { child, result, address } = await served(folder);
    const killAfter = 1 + ((round * 17) % 43);
    const written = await writeUntilGone(
      address.url,
      `round${round}`,
      () => child.kill("SIGKILL"),
      killAfter,
    );
    expect((await result).code).toBeNull();
    all.push(written);
    expect(written.records.length + written.messages.length).toBeGreaterThanOrEqual(killAfter);
    expect(await checkStore(store)).toEqual([]);
    expect(tally(joined(all), await readAll(store))).toMatchObject({ lost: 0, doubled: 0 });
  }
  show("twenty kills of a server", tally(joined(all), await readAll(store)));
});

test("two servers on one folder see each other's writes at the next read", { timeout: MINUTES }, async () => {
  const folder = temporaryFolder();
  const servers = await Promise.all([served(folder), served(folder)]);
  const [one, two] = await Promise.all(servers.map(({ address }) => connect(address.url)));
  if (!one || !two) throw new TypeError("Two servers were asked for");
  for (let round = 0; round < 10; round++) {
    const [writer, reader] = round % 2 === 0 ? [one, two] : [two, one];
    const id = `note-${round}`;
    await writer.add({ id, text: `The password of locker ${round} is sesame` });
    expect((await reader.get(id))?.text).toContain(`locker ${round}`);
    expect((await reader.search(`password of locker ${round}`)).hits.map((hit) => hit.id)).toContain(id);
    await writer.session("shared").append({ id, role: "user", content: `Message ${round}` });
    expect((await reader.session("shared").messages()).map((message) => message.id)).toHaveLength(round + 1);
    await reader.update(id, { text: `Locker ${round} was emptied` });
    expect((await writer.get(id))?.version).toBe(2);
  }
  await two.delete("note-0");
  expect(await one.get("note-0")).toBeNull();
  for (const { child, result } of servers) {
    child.kill("SIGTERM");
    expect((await result).code).toBe(0);
  }
});
