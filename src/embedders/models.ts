import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageFolder } from "./package-files.ts";

export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Models that are too large for the package: their folder under `models/`, and what belongs into it. */
export const MODELS = {
  minilm: {
    folder: "minilm-l6-v2-int8",
    files: [
      {
        path: "tokenizer.json",
        bytes: 466_247,
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
      },
      {
        path: "onnx/model_quantized.onnx",
        bytes: 23_481_605,
        sha256: "63a51021b898cc604458b3b7cf3dbb4d66391cf62040dd43d9994bbb79a9f820",
      },
    ],
  },
} satisfies Record<string, { folder: string; files: readonly ModelFile[] }>;

export type PullableModel = keyof typeof MODELS;
export const PULLABLE_MODELS = Object.keys(MODELS) as PullableModel[];

/** The folder of a model: of a checkout if it is one, or else where `pullModel` puts it. */
export function modelFolder(name: PullableModel): string {
  const { folder } = MODELS[name];
  const own = fileURLToPath(new URL(`models/${folder}`, packageFolder()));
  return existsSync(own) ? own : join(userModels(), folder);
}

/** A folder of the user rather than of a project: a model is the same for all of them. */
export function userModels(): string {
  return join(homedir(), ".cache", "memoir", "models");
}
