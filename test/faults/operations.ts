import { type Memory, openMemory } from "../../src/index.ts";
import { openStore } from "../../src/stores/registry.ts";
import type { Writes } from "./ledger.ts";

export const KINDS = ["record", "message", "push", "increment"] as const;

/** A batch is many records in one call, of which the first tells it from others: enough to be written on SQLite's thread. */
export type Kind = (typeof KINDS)[number] | "batch";

const BATCH = 40;

/** Writes one thing; the id tells it from all others and is its idempotency key. */
export async function writeOne(memory: Memory, kind: Kind, id: string, withKey = true): Promise<void> {
  const key = withKey ? { idempotencyKey: `${kind} ${id}` } : {};
  const session = memory.session("shared");
  switch (kind) {
    case "record":
      await memory.add(recordOf(id), { deduplicate: false, ...key });
      break;
    case "batch": {
      const beside = Array.from({ length: BATCH - 1 }, (_, index) => recordOf(`${id}+${index}`));
      await memory.add([recordOf(id), ...beside], { deduplicate: false, ...key });
      break;
    }
    case "message":
      await session.append({ id, role: "user", content: `Message ${id}` }, key);
      break;
    case "push":
      await session.apply([{ operation: "pushList", list: "pushed", values: [id] }], key);
      break;
    case "increment":
      await session.apply([{ operation: "increment", key: "count", by: 1 }], key);
      break;
  }
}

function recordOf(id: string) {
  return { id, text: `Note ${id}`, metadata: { id } };
}

/** Notes that a write was acknowledged. */
export function note(writes: Writes, kind: Kind, id: string): void {
  if (kind === "increment") writes.increments++;
  else
    ({ record: writes.records, batch: writes.records, message: writes.messages, push: writes.pushes })[
      kind
    ].push(id);
}

/** Everything that `writeOne` left in a store, read on a handle opened anew. */
export async function readAll(url: string): Promise<Writes> {
  const memory = await openMemory(url, { jobs: "memory:" });
  try {
    const records: string[] = [];
    for await (const { id } of memory.list({ order: "oldest", limit: 1000 })) records.push(id);
    const session = await memory.session("shared").read();
    return {
      records,
      messages: session?.messages.map(({ id }) => id) ?? [],
      pushes: (session?.lists["pushed"] ?? []).map(String),
      increments: Number(session?.data["count"] ?? 0),
    };
  } finally {
    await memory.close();
  }
}

/** The problems a store finds in its data. */
export async function checkStore(url: string): Promise<string[]> {
  const store = await openStore(url);
  try {
    return await store.check();
  } finally {
    await store.close();
  }
}
