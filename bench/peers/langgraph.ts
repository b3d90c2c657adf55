import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

interface LangGraph {
  readonly InMemoryStore: new (
    configuration: unknown,
  ) => {
    batch(operations: readonly unknown[]): Promise<unknown>;
    search(
      prefix: readonly string[],
      options: { readonly query: string; readonly limit: number },
    ): Promise<readonly { readonly key: string }[]>;
  };
}

/** LangGraph's InMemoryStore with an index: found by meaning, kept in this process alone. */
export async function open({ embed }: PeerOptions): Promise<Peer> {
  const { InMemoryStore } = await load<LangGraph>("@langchain/langgraph-checkpoint");
  const vectors = async (texts: readonly string[]) => (await embed(texts)).map((vector) => [...vector]);
  const embeddings = {
    embedQuery: async (text: string) => (await vectors([text]))[0],
    embedDocuments: vectors,
  };
  const store = new InMemoryStore({ index: { dims: 256, embeddings, fields: ["text"] } });
  return {
    async add(records) {
      await store.batch(
        records.map(({ id, userId, text }) => ({
          namespace: ["memories", userId],
          key: id,
          value: { text },
        })),
      );
    },
    async search(text, userId) {
      const prefix = userId === null ? ["memories"] : ["memories", userId];
      const items = await store.search(prefix, { query: text, limit: WANTED });
      return items.map(({ key }) => key);
    },
  };
}
