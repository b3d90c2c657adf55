import { createHash } from "node:crypto";
import { ANSWER_ONCE } from "./requests.ts";

/** A Lua program that the server runs in one step, seen by others as happening at once or not at all. */
export interface Script {
  readonly source: string;
  /** By which the server knows a script it has seen. */
  readonly sha: string;
}

/** `keys` names the script's first keys, in order: inside it each is a local variable. */
export function defineScript(keys: readonly string[], ...parts: readonly string[]): Script {
  return toScript([keysOf(keys), ...parts]);
}

/**
 * A script that carries out calls of several callers one behind the other, as if each had come alone: most of what a call
 * costs is not its work but being sent, taken apart and answered.
 */
export interface GatheredScript extends Script {
  /** Whether it remembers its answers, see `ANSWER_ONCE`. */
  readonly writes: boolean;
}

/**
 * `shared` names the keys that all calls have in common, `own` the first keys of each call. `functions` come once; `call`
 * is the body of a function that takes its arguments by `take()` up to `stop`, and gives a reply. The keys of a call are
 * `KEYS[firstKey]` to `KEYS[lastKey]`.
 */
export function defineGathered({
  writes,
  shared,
  own = [],
  functions = [],
  call,
}: {
  readonly writes: boolean;
  readonly shared: readonly string[];
  readonly own?: readonly string[];
  readonly functions?: readonly string[];
  readonly call: readonly string[];
}): GatheredScript {
  const first = writes ? ["REQUEST", ...shared] : shared;
  const script = toScript([
    first.length > 0 ? keysOf(first) : "",
    writes ? ANSWER_ONCE : "local function answer(reply) return reply end",
    own.length > 0 ? `local ${own.join(", ")}` : "",
    `local position, stop, firstKey, lastKey = 0, ${writes ? 2 : 0}, 0, ${first.length}
local function take()
  position = position + 1
  return ARGV[position]
end`,
    ...functions,
    "local function carryOut()",
    ...call,
    `end
local replies = {}
while stop < #ARGV do
  position = stop + 2
  stop, firstKey, lastKey = position + ARGV[stop + 1], lastKey + 1, lastKey + ARGV[stop + 2]`,
    own.length > 0 ? `${own.join(", ")} = unpack(KEYS, firstKey, lastKey)` : "",
    `replies[#replies + 1] = carryOut() or false
end
return answer(replies)`,
  ]);
  return { ...script, writes };
}

function keysOf(names: readonly string[]): string {
  return `local ${names.join(", ")} = ${names.map((_, index) => `KEYS[${index + 1}]`).join(", ")}`;
}

function toScript(parts: readonly string[]): Script {
  const source = parts.filter((part) => part !== "").join("\n");
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}
