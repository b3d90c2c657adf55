import type { Embedder } from "../core/embedder.ts";
import { ValidationError } from "../core/errors.ts";
import type { Reranker } from "../core/reranker.ts";
import type { MiniLMEmbedderOptions } from "./minilm.ts";
import type { StaticEmbedderOptions } from "./static.ts";

/** Options of every named embedder; each reads its own. */
export type NamedEmbedderOptions = StaticEmbedderOptions & MiniLMEmbedderOptions;

const EMBEDDERS = {
  static: async (options: NamedEmbedderOptions): Promise<Embedder> =>
    (await import("./static.ts")).createStaticEmbedder(options),
  minilm: async (options: NamedEmbedderOptions): Promise<Embedder> =>
    (await import("./minilm.ts")).createMiniLMEmbedder(options),
  none: async (): Promise<Embedder> => (await import("./none.ts")).createNoEmbedder(),
};

/** The embedders that come with the package, by the name used in configuration. */
export type EmbedderName = keyof typeof EMBEDDERS;

/**
 * Opens the embedder of a name; only its own code is loaded.
 *
 * @throws ValidationError for an unknown name
 * @throws ModelError when its model or package is missing
 */
export async function createEmbedder(name: string, options: NamedEmbedderOptions = {}): Promise<Embedder> {
  if (!isName(name)) {
    const names = Object.keys(EMBEDDERS).join(", ");
    throw ValidationError.of(
      "embedder",
      `there is none named ${JSON.stringify(name)}; there are: ${names}`,
      name,
    );
  }
  return EMBEDDERS[name](options);
}

function isName(name: string): name is EmbedderName {
  return Object.hasOwn(EMBEDDERS, name);
}

/** The rerankers that come with the package, by the name used in configuration. */
export type RerankerName = "late-interaction";

/**
 * Opens the reranker of a name. Late interaction takes the token vectors of the embedder, or those of `minilm` when the
 * embedder has none.
 *
 * @throws ValidationError for an unknown name
 * @throws ModelError when its model or package is missing
 */
export async function createReranker(
  name: RerankerName,
  embedder: Embedder,
  options: MiniLMEmbedderOptions = {},
): Promise<Reranker> {
  if (name !== "late-interaction")
    throw ValidationError.of(
      "reranker",
      `there is none named ${JSON.stringify(name)}; there is: late-interaction`,
      name,
    );
  const { createLateInteraction } = await import("./late-interaction.ts");
  return createLateInteraction(embedder.embedTokens ? embedder : await EMBEDDERS.minilm(options));
}
