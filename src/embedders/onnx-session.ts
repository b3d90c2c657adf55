import { ModelError } from "../core/errors.ts";

/** What the model gives for a text: one vector, or one for every token. */
export type OnnxOutput = "sentence_embedding" | "last_hidden_state";

/** A loaded sentence transformer. */
export interface OnnxSession {
  /**
   * Runs the model on one text. Not on several at once: quantised activations would make a text's vector depend on its
   * neighbours in the batch (cosine .99), and measured no faster.
   */
  run(tokens: readonly number[], output: OnnxOutput): Promise<Float32Array>;
}

export interface OnnxModel {
  /** Path of the `.onnx` file. */
  readonly file: string;
  /** Threads one run is spread over. */
  readonly threads: number;
}

/**
 * Loads a model into this thread. `run` keeps the thread busy until it is done (some milliseconds; 50 for 256 tokens):
 * onnxruntime's promises do not mean that it works elsewhere.
 *
 * @throws ModelError when onnxruntime-node or the model cannot be loaded
 */
export async function openOnnxSession({ file, threads }: OnnxModel): Promise<OnnxSession> {
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads }).catch(
    (cause: unknown) => {
      throw new ModelError("model_missing", `The model ${file} cannot be loaded: ${message(cause)}`, {
        cause,
      });
    },
  );
  return {
    async run(tokens, output) {
      const shape = [1, tokens.length];
      const feeds = {
        input_ids: new Tensor("int64", BigInt64Array.from(tokens, BigInt), shape),
        attention_mask: new Tensor("int64", new BigInt64Array(tokens.length).fill(1n), shape),
      };
      const outputs = await session.run(feeds, [output]).catch((cause: unknown) => {
        throw new ModelError("model_failed", `The model ${file} failed: ${message(cause)}`, { cause });
      });
      // The only output, whatever its name: onnxruntime-node 1.16 labels outputs by position, not by what was asked for.
      const data = Object.values(outputs)[0]?.data;
      if (!data) throw new ModelError("model_failed", `The model ${file} gives no ${output}.`);
      return data;
    },
  };
}

async function loadRuntime() {
  try {
    return (await import("onnxruntime-node")).default;
  } catch (cause) {
    throw new ModelError("model_missing", loadingFailed(cause), { cause });
  }
}

function loadingFailed(cause: unknown): string {
  const text = message(cause);
  if (text.includes("Cannot find package"))
    return "The package onnxruntime-node is not installed: npm install onnxruntime-node@1.16.3";
  if (text.includes("did not self-register"))
    return "onnxruntime-node is in use by another thread, and a process can load it only once: pass { worker: false }.";
  return `onnxruntime-node cannot be loaded: ${text}`;
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
