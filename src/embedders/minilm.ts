import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Embedder, TokenVectors } from "../core/embedder.ts";
import { ModelError } from "../core/errors.ts";
import { normalize } from "../core/vector.ts";
import { modelFolder } from "./models.ts";
import { type OnnxOutput, openOnnxSession } from "./onnx-session.ts";
import { openOnnxThread } from "./onnx-thread.ts";
import { WordPiece } from "./wordpiece.ts";

export interface MiniLMEmbedderOptions {
  /**
   * Folder of the model, with `tokenizer.json` and `onnx/model_quantized.onnx`. By default
   * `models/minilm-l6-v2-int8` of a checkout, or else where `memoir models pull minilm` puts it; the npm package does not
   * contain it.
   */
  readonly folder?: string;
  /** Threads one run is spread over, 1 by default. */
  readonly threads?: number;
  /** False runs the model in the calling thread, which waits for it; by default it has a thread of its own. */
  readonly worker?: boolean;
}

export interface MiniLMEmbedder extends Embedder {
  /** The vectors of each text's tokens, for late interaction (MaxSim). A text the model cannot read has none. */
  embedTokens(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<TokenVectors[]>;
}

const DIMENSIONS = 384;

/** The length the model was trained for, `[CLS]` and `[SEP]` included. */
const LONGEST_INPUT = 256;

/**
 * all-MiniLM-L6-v2 in int8, through the optional peer `onnxruntime-node`: English, a few milliseconds a text, finds meaning
 * without shared words. Reads the first 254 tokens of a text.
 *
 * @throws ModelError when `onnxruntime-node` or the model is missing
 */
export async function createMiniLMEmbedder(options: MiniLMEmbedderOptions = {}): Promise<MiniLMEmbedder> {
  const { threads = 1, worker = true } = options;
  const folder = options.folder ?? modelFolder("minilm");
  const wordPiece = new WordPiece(await readVocabulary(folder));
  const model = { file: join(folder, "onnx/model_quantized.onnx"), threads };
  const session = await (worker ? openOnnxThread(model) : openOnnxSession(model));
  const first = wordPiece.id("[CLS]");
  const last = wordPiece.id("[SEP]");

  /** Undefined for a text without a known piece. */
  async function run(text: string, output: OnnxOutput): Promise<Float32Array | undefined> {
    const pieces = wordPiece.encode(text).slice(0, LONGEST_INPUT - 2);
    if (pieces.every((piece) => piece === wordPiece.unknown)) return undefined;
    return session.run([first, ...pieces, last], output);
  }

  return {
    id: "minilm-l6-v2-int8",
    dimensions: DIMENSIONS,
    languages: ["en"],
    local: true,
    embed: (texts, { signal } = {}) =>
      eachInTurn(texts, signal, async (text) => {
        return (await run(text, "sentence_embedding")) ?? new Float32Array(DIMENSIONS);
      }),
    embedTokens: (texts, { signal } = {}) =>
      eachInTurn(texts, signal, async (text) => {
        const hidden = await run(text, "last_hidden_state");
        const data = hidden?.slice(DIMENSIONS, -DIMENSIONS) ?? new Float32Array();
        for (let at = 0; at < data.length; at += DIMENSIONS) normalize(data.subarray(at, at + DIMENSIONS));
        return { tokens: data.length / DIMENSIONS, data };
      }),
  };
}

/** One after the other: the model works on one text at a time, and between two of them others may run. */
async function eachInTurn<Result>(
  texts: readonly string[],
  signal: AbortSignal | undefined,
  embed: (text: string) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const text of texts) {
    if (results.length > 0) await setImmediate();
    signal?.throwIfAborted();
    results.push(await embed(text));
  }
  return results;
}

/** The vocabulary of a Hugging Face `tokenizer.json`, in the order of its ids. */
async function readVocabulary(folder: string): Promise<string[]> {
  const file = join(folder, "tokenizer.json");
  let tokenizer: { model?: { vocab?: Record<string, number> } };
  try {
    tokenizer = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new ModelError(
      "model_missing",
      `There is no MiniLM model in ${folder}: ${file} cannot be read. \`npx memoir models pull minilm\` fetches it.`,
      {
        cause,
      },
    );
  }
  const vocabulary: string[] = [];
  for (const [piece, id] of Object.entries(tokenizer.model?.vocab ?? {})) vocabulary[id] = piece;
  return vocabulary;
}
