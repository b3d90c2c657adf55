import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

interface Vectra {
  readonly LocalIndex: new (
    folder: string,
  ) => {
    createIndex(): Promise<void>;
    batchInsertItems(items: readonly unknown[]): Promise<unknown>;
    queryItems(
      vector: readonly number[],
      query: string,
      topK: number,
      filter?: Readonly<Record<string, unknown>>,
    ): Promise<readonly { readonly item: { readonly id: string } }[]>;
  };
}

/** vectra's LocalIndex: a JSON file, found by meaning. */
export async function open({ folder, embed }: PeerOptions): Promise<Peer> {
  const { LocalIndex } = await load<Vectra>("vectra");
  const index = new LocalIndex(folder);
  await index.createIndex();
  return {
    async add(records) {
      const vectors = await embed(records.map(({ text }) => text));
      await index.batchInsertItems(
        records.map(({ id, userId, text }, number) => ({
          id,
          vector: [...(vectors[number] ?? [])],
          metadata: { userId, text },
        })),
      );
    },
    async search(text, userId) {
      const [vector = new Float32Array(0)] = await embed([text]);
      const filter = userId === null ? undefined : { userId: { $eq: userId } };
      const results = await index.queryItems([...vector], text, WANTED, filter);
      return results.map(({ item }) => item.id);
    },
  };
}
