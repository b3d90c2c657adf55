import { createHash } from "node:crypto";

/** A Lua program that the server runs in one step, seen by others as happening at once or not at all. */
export interface Script {
  readonly source: string;
  /** By which the server knows a script it has seen. */
  readonly sha: string;
}

/** `keys` names the script's first keys, in order: inside it each is a local variable. */
export function defineScript(keys: readonly string[], ...parts: readonly string[]): Script {
  const names = keys.map((_, index) => `KEYS[${index + 1}]`).join(", ");
  const source = [`local ${keys.join(", ")} = ${names}`, ...parts].join("\n");
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}
