import { parentPort } from "node:worker_threads";
import { MemoirError } from "../core/errors.ts";
import { type OnnxModel, type OnnxOutput, type OnnxSession, openOnnxSession } from "./onnx-session.ts";

/** Asks the worker to load a model, and to run it when there are tokens. */
export interface OnnxRequest {
  readonly id: number;
  readonly model: OnnxModel;
  readonly run?: { readonly tokens: readonly number[]; readonly output: OnnxOutput };
}

export type OnnxReply =
  | { readonly id: number; readonly data: Float32Array }
  | { readonly id: number; readonly code: MemoirError["code"]; readonly message: string };

const sessions = new Map<string, Promise<OnnxSession>>();

function session(model: OnnxModel): Promise<OnnxSession> {
  const key = JSON.stringify(model);
  let open = sessions.get(key);
  if (!open) {
    open = openOnnxSession(model);
    sessions.set(key, open);
    open.catch(() => sessions.delete(key));
  }
  return open;
}

async function answer({ id, model, run }: OnnxRequest): Promise<OnnxReply> {
  try {
    const loaded = await session(model);
    return { id, data: run ? await loaded.run(run.tokens, run.output) : new Float32Array() };
  } catch (error) {
    const code = MemoirError.is(error) ? error.code : "model_failed";
    return { id, code, message: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (request: OnnxRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
