import { join } from "node:path";
import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

interface Mem0 {
  readonly Memory: new (
    configuration: unknown,
  ) => {
    add(text: string, options: Readonly<Record<string, unknown>>): Promise<unknown>;
    search(
      query: string,
      options: { readonly filters: Readonly<Record<string, string>>; readonly topK: number },
    ): Promise<{ readonly results: readonly { readonly metadata?: { readonly record?: string } }[] }>;
  };
}

/** It has no scope beyond users and agents, so everything belongs to one agent. */
const AGENT = "bench";

/** mem0ai, open source: its SQLite vector store and history, found by meaning and words; without a model (`infer: false`). */
export async function open({ folder, embed }: PeerOptions): Promise<Peer> {
  const { Memory } = await load<Mem0>("mem0ai/oss");
  const vectors = async (texts: readonly string[]) => (await embed(texts)).map((vector) => [...vector]);
  const model = {
    embedQuery: async (text: string) => (await vectors([text]))[0],
    embedDocuments: vectors,
    // The language model must be there, but is never asked.
    invoke: async () => {
      throw new Error("No language model is to be asked");
    },
  };
  const memory = new Memory({
    embedder: { provider: "langchain", config: { model } },
    llm: { provider: "langchain", config: { model } },
    vectorStore: { provider: "memory", config: { dimension: 256, dbPath: join(folder, "vectors.db") } },
    historyDbPath: join(folder, "history.db"),
  });
  return {
    async add(records) {
      for (const { id, userId, text } of records)
        await memory.add(text, { userId, agentId: AGENT, infer: false, metadata: { record: id } });
    },
    async search(text, userId) {
      const filters = userId === null ? { agent_id: AGENT } : { user_id: userId };
      const { results } = await memory.search(text, { filters, topK: WANTED });
      return results.map(({ metadata }) => metadata?.record ?? "");
    },
  };
}
