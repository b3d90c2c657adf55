import { join } from "node:path";
import { openMemory } from "../../src/index.ts";
import { type Peer, type PeerOptions, WANTED } from "./peer.ts";

/** Memoir itself: an SQLite file, found by meaning and words. */
export async function open({ folder }: PeerOptions): Promise<Peer> {
  const memory = await openMemory(`sqlite:${join(folder, "memory.db")}`);
  return {
    async add(records) {
      await memory.add(records);
    },
    async search(text, userId) {
      const scope = userId === null ? memory : memory.scope({ userId });
      const { hits } = await scope.search(text, { limit: WANTED });
      return hits.map(({ id }) => id);
    },
  };
}
