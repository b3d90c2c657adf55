import { join } from "node:path";
import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

interface Entity {
  readonly name: string;
  readonly entityType: string;
  readonly observations: readonly string[];
}

interface MemoryServer {
  readonly KnowledgeGraphManager: new (
    file: string,
  ) => {
    createEntities(entities: readonly Entity[]): Promise<unknown>;
    searchNodes(query: string): Promise<{ readonly entities: readonly Entity[] }>;
  };
}

/** Shorter words are in nearly every text, as are the two that begin every question. */
const LONG_ENOUGH = 4;
const ASKING = new Set(["what", "about"]);

/**
 * @modelcontextprotocol/server-memory: its graph in a JSON lines file, called without the protocol in between. It finds what
 * holds the query literally, so it is asked for one word after the other, as agents do, and ranked by how many words hit. It
 * knows no users; a user's name is the type of the entities, and what others own is left out afterwards.
 */
export async function open({ folder }: PeerOptions): Promise<Peer> {
  const { KnowledgeGraphManager } = await load<MemoryServer>(
    "@modelcontextprotocol/server-memory/dist/index.js",
  );
  const graph = new KnowledgeGraphManager(join(folder, "memory.jsonl"));
  return {
    async add(records) {
      await graph.createEntities(
        records.map(({ id, userId, text }) => ({ name: id, entityType: userId, observations: [text] })),
      );
    },
    async search(text, userId) {
      const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
      const counts = new Map<string, number>();
      for (const word of words.filter((some) => some.length >= LONG_ENOUGH && !ASKING.has(some))) {
        const { entities } = await graph.searchNodes(word);
        for (const { name, entityType } of entities) {
          if (userId === null || entityType === userId) counts.set(name, (counts.get(name) ?? 0) + 1);
        }
      }
      const ranked = [...counts].sort(([, left], [, right]) => right - left);
      return ranked.slice(0, WANTED).map(([name]) => name);
    },
  };
}
