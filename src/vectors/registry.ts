import { ValidationError } from "../core/errors.ts";
import type { VectorIndex, VectorSpace } from "../core/vector-index.ts";
import { readAddress } from "./external/address.ts";
import type { ExternalOptions } from "./external/options.ts";

/** Start of the names of collections when neither the URL nor a setting names one. */
export const DEFAULT_COLLECTION = "agent_memory";

export interface VectorIndexOptions {
  /** The space of the vectors: the embedder's id and dimensions. */
  readonly space: VectorSpace;
  /** For URLs that name no collection. Default `agent_memory`. */
  readonly collection?: string;
}

type Opener = (options: ExternalOptions) => Promise<VectorIndex>;

/** Vector indexes by URL scheme. Each is loaded when it is asked for, so nobody pays for the others. */
const OPENERS: Readonly<Record<string, Opener>> = {
  chroma: async (options) => (await import("./chroma/index.ts")).openChromaIndex(options),
  milvus: async (options) => (await import("./milvus/index.ts")).openMilvusIndex(options),
  pinecone: async (options) => (await import("./pinecone/index.ts")).openPineconeIndex(options),
  weaviate: async (options) => (await import("./weaviate/index.ts")).openWeaviateIndex(options),
  qdrant: async (options) => (await import("./qdrant/index.ts")).openQdrantIndex(options),
  pgvector: async (options) => (await import("./pgvector/index.ts")).openPgvectorIndex(options),
};

/**
 * Opens the vector index that a URL names, for example `qdrant://localhost:6333/agent_memory`, or `memory:` for one in this
 * process. An engine that is away fails its first call, not this one.
 *
 * @throws ValidationError for a URL nobody knows, VectorIndexError when the engine's client is not installed
 */
export async function openVectorIndex(
  url: string,
  { space, collection = DEFAULT_COLLECTION }: VectorIndexOptions,
): Promise<VectorIndex> {
  if (url === "memory:") return (await import("./memory/index.ts")).createMemoryVectorIndex(space);
  const address = readAddress(url);
  const opener = Object.hasOwn(OPENERS, address.scheme) ? OPENERS[address.scheme] : undefined;
  if (!opener) {
    const known = Object.keys(OPENERS).map((name) => `${name}:`);
    throw ValidationError.of(
      "vectors",
      `names no vector index; use a URL with one of ${known.join(", ")} or memory:`,
      `${address.scheme}:`,
    );
  }
  return opener({ address, collection: address.collection ?? collection, space });
}
