import { join } from "node:path";
import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

interface MastraMemory {
  createThread(thread: { readonly threadId: string; readonly resourceId: string }): Promise<unknown>;
  saveMessages(saved: { readonly messages: readonly unknown[] }): Promise<unknown>;
  recall(query: {
    readonly threadId: string;
    readonly resourceId: string;
    readonly perPage: number;
    readonly vectorSearchString: string;
  }): Promise<{ readonly messages: readonly { readonly id: string }[] }>;
}

interface MastraModule {
  readonly Memory: new (configuration: unknown) => MastraMemory;
}

interface LibSql {
  readonly LibSQLStore: new (configuration: { readonly id: string; readonly url: string }) => unknown;
  readonly LibSQLVector: new (configuration: { readonly id: string; readonly url: string }) => unknown;
}

/** @mastra/memory on @mastra/libsql: messages found by meaning, in a thread or in all threads of a resource. */
export async function open({ folder, embed }: PeerOptions): Promise<Peer> {
  const { Memory } = await load<MastraModule>("@mastra/memory");
  const { LibSQLStore, LibSQLVector } = await load<LibSql>("@mastra/libsql");
  const storage = new LibSQLStore({ id: "messages", url: `file:${join(folder, "messages.db")}` });
  const vector = new LibSQLVector({ id: "vectors", url: `file:${join(folder, "vectors.db")}` });
  const embedder = {
    specificationVersion: "v2",
    provider: "bench",
    modelId: "static",
    maxEmbeddingsPerCall: 1000,
    supportsParallelCalls: true,
    doEmbed: async ({ values }: { readonly values: readonly string[] }) => ({
      embeddings: (await embed(values)).map((one) => [...one]),
    }),
  };
  const withScope = (scope: "thread" | "resource") =>
    new Memory({
      storage,
      vector,
      embedder,
      options: { lastMessages: false, semanticRecall: { topK: WANTED, messageRange: 0, scope } },
    });
  const [ofThread, ofResource] = [withScope("thread"), withScope("resource")];
  const threads = new Set<string>();
  const createThread = async (threadId: string) => {
    if (threads.has(threadId)) return;
    threads.add(threadId);
    await ofThread.createThread({ threadId, resourceId: EVERYBODY });
  };
  return {
    async add(records) {
      for (const { userId } of records) await createThread(userId);
      await ofThread.saveMessages({
        messages: records.map(({ id, userId, text, createdAt }) => ({
          id,
          threadId: userId,
          resourceId: EVERYBODY,
          role: "user",
          createdAt: new Date(String(createdAt)),
          content: { format: 2, parts: [{ type: "text", text }] },
        })),
      });
    },
    async search(text, userId) {
      const [firstThread = ""] = threads;
      const { messages } = await (userId === null ? ofResource : ofThread).recall({
        threadId: userId ?? firstThread,
        resourceId: EVERYBODY,
        perPage: 0,
        vectorSearchString: text,
      });
      return messages.map(({ id }) => id);
    },
  };
}

/** The widest it searches in is a resource, so all records belong to one, and each user's to a thread of it. */
const EVERYBODY = "everybody";
