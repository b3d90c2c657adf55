import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ModelError } from "../core/errors.ts";
import { MODELS, type ModelFile, type PullableModel, userModels } from "./models.ts";
import { packageFolder } from "./package-files.ts";

export interface PullOptions {
  /** Where `models/` of Memoir's source repository can be had. Default: the repository, at the version of this package. */
  readonly from?: string;
  /** Folder that gets the model's files. Default: where embedders look for it. */
  readonly to?: string;
  readonly signal?: AbortSignal;
  /** Told after every piece which share of all bytes is there, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Fetches a model once, over the network, and checks what came against the hashes in this file. Nothing else in Memoir
 * fetches a model: embedders only open what is there.
 *
 * @returns the folder. Files that are there and right are kept.
 * @throws ModelError `model_missing` when it cannot be had, or is another one than expected
 */
export async function pullModel(name: PullableModel, options: PullOptions = {}): Promise<string> {
  const { files, folder } = MODELS[name];
  const { from = await repository(), to = join(userModels(), folder), signal, onProgress } = options;
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let received = 0;
  for (const file of files) {
    const target = join(to, file.path);
    if ((await hashOf(target)) !== file.sha256) {
      const url = `${from.replace(/\/+$/, "")}/${folder}/${file.path}`;
      const before = received;
      await fetchFile(url, target, file, signal, (bytes) => onProgress?.((before + bytes) / total));
    }
    received += file.bytes;
    onProgress?.(received / total);
  }
  return to;
}

async function repository(): Promise<string> {
  const text = await readFile(new URL("package.json", packageFolder()), "utf8");
  const { version, repository } = JSON.parse(text) as { version: string; repository: { url: string } };
  const [owner, name] = repository.url
    .replace(/\.git$/, "")
    .split("/")
    .slice(-2);
  return `https://raw.githubusercontent.com/${owner}/${name}/v${version}/models`;
}

async function fetchFile(
  url: string,
  target: string,
  { bytes, sha256 }: ModelFile,
  signal: AbortSignal | undefined,
  onReceived: (bytes: number) => void,
): Promise<void> {
  const partial = `${target}.partial`;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok || response.body === null) throw new Error(`the answer was ${response.status}`);
    await mkdir(dirname(target), { recursive: true });
    const hash = createHash("sha256");
    let received = 0;
    const check = new Transform({
      transform(chunk: Buffer, _, done) {
        received += chunk.length;
        hash.update(chunk);
        onReceived(received);
        done(received > bytes ? new Error(`it is longer than ${bytes} bytes`) : null, chunk);
      },
    });
    await pipeline(Readable.from(response.body), check, createWriteStream(partial, { flush: true }));
    const found = hash.digest("hex");
    if (found !== sha256) throw new Error(`its SHA-256 is ${found} instead of ${sha256}`);
    await rename(partial, target);
  } catch (cause) {
    await rm(partial, { force: true });
    signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelError("model_missing", `${url} could not be fetched: ${why}.`, { cause });
  }
}

async function hashOf(file: string): Promise<string | null> {
  try {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  } catch {
    // Unreadable is as good as absent: it is fetched anew, and writing it says what is wrong.
    return null;
  }
}
