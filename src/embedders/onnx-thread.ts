import { Worker } from "node:worker_threads";
import { errorFromCode, ModelError } from "../core/errors.ts";
import type { OnnxModel, OnnxSession } from "./onnx-session.ts";
import type { OnnxReply, OnnxRequest } from "./onnx-worker.ts";
import { packageFolder } from "./package-files.ts";

/**
 * Loads a model in a worker thread, so that running it leaves this thread free.
 *
 * @throws ModelError when onnxruntime-node or the model cannot be loaded
 */
export async function openOnnxThread(model: OnnxModel): Promise<OnnxSession> {
  // One worker for all models: onnxruntime-node 1.16 can be loaded once in the life of a process.
  thread ??= new OnnxThread();
  const { ask } = thread;
  await ask({ model });
  return { run: (tokens, output) => ask({ model, run: { tokens, output } }) };
}

let thread: OnnxThread | undefined;

interface Waiting {
  readonly resolve: (data: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

class OnnxThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor() {
    // The same layout in the sources and in the published package.
    const file = import.meta.url.endsWith(".ts")
      ? "src/embedders/onnx-worker.ts"
      : "dist/embedders/onnx-worker.js";
    // Not the program's own flags: some, such as --input-type, a worker refuses.
    this.#worker = new Worker(new URL(file, packageFolder()), { execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (reply: OnnxReply) => this.#settle(reply));
    this.#worker.on("error", (cause) => this.#fail(cause));
    this.#worker.on("exit", (code) => this.#fail(new Error(`it ended with code ${code}`)));
  }

  readonly ask = (request: Omit<OnnxRequest, "id">): Promise<Float32Array> => {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      // While something is waited for, the worker keeps the process alive.
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request } satisfies OnnxRequest);
    });
  };

  #settle(reply: OnnxReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("data" in reply) waiting?.resolve(reply.data);
    else waiting?.reject(errorFromCode(reply.code, reply.message));
  }

  #fail(cause: Error): void {
    if (thread === this) thread = undefined;
    const error = new ModelError("model_failed", `The model's thread broke down: ${cause.message}`, {
      cause,
    });
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
