import type { MemoryRecord, RecordVersion } from "../../../core/record.ts";
import { fromInstantKey, type Instant, instantKey } from "../../../core/time.ts";
import { asBytes, asList, asText, type Reply } from "../connection/reply.ts";
import { defineGathered, defineScript, type GatheredScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { decodeHead } from "./head.ts";
import { HEADS } from "./heads.ts";
import { historyKey, recordKeys } from "./keys.ts";
import { readPast } from "./past.ts";
import { toRecord } from "./rows.ts";

/** So many records at most come with one reply. */
export const PAGE = 500;

const FIELDS = ["heads", "records", "accesses", "aliases", "duplicates"] as const;

/** Gives record, version and accesses, or nothing, for each of what follows the instant; `idOf` finds the id. */
const readScript = (idOf: string) =>
  defineGathered({
    writes: false,
    shared: FIELDS,
    functions: [HEADS, idOf],
    call: [
      `
local now, found = take(), {}
while position < stop do
  local id = idOf(take())
  local head = id and readHead(id)
  if head and lives(head, now) then
    found[#found + 1] = {redis.call('HGET', records, id), head[VERSION], redis.call('HGET', accesses, id)}
  else
    found[#found + 1] = false
  end
end
return found
`,
    ],
  });

/** By id. Aliases are followed. */
const FOLLOW_SCRIPT = readScript(`
local function idOf(id)
  local visited
  while true do
    local changes = redis.call('HGET', aliases, id)
    local last = changes and cjson.decode(changes)
    local target = last and last[#last][1] or cjson.null
    if target == cjson.null then return id end
    visited = visited or {}
    visited[id] = true
    if visited[target] then return nil end
    id = target
  end
end
`);

/** By duplicate key. */
const DUPLICATES_SCRIPT = readScript(`
local function idOf(key)
  local kept = redis.call('HGET', duplicates, key)
  return kept and cmsgpack.unpack(kept)[1]
end
`);

export async function readRecords(
  parts: Parts,
  tenant: string,
  ids: readonly string[],
  { now, asOf }: { readonly now: Instant; readonly asOf?: Instant },
): Promise<(MemoryRecord | null)[]> {
  const found: (MemoryRecord | null)[] = [];
  for (let start = 0; start < ids.length; start += PAGE) {
    const page = ids.slice(start, start + PAGE);
    found.push(
      ...(asOf === undefined
        ? await readPresent(parts, tenant, page, now)
        : await readPast(parts, tenant, page, { now, asOf })),
    );
  }
  return found;
}

const READ_FIELDS = ["heads", "records", "accesses", "aliases"] as const;

async function readPresent(
  parts: Parts,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): Promise<(MemoryRecord | null)[]> {
  if (ids.length === 0) return [];
  const keys = recordKeys(parts.prefix, tenant, READ_FIELDS);
  const [heads = [], bodies = [], accesses = [], aliases = []] = await parts.server.fields(keys, ids);
  const instant = instantKey(now);
  const found = ids.map((_, index) => presentRecord([heads, bodies, accesses], index, instant));
  const led = ids.flatMap((_, index) => (leadsOn(aliases[index]) ? [index] : []));
  if (led.length > 0) {
    const args = [instant, ...led.map((index) => ids[index] ?? "")];
    const records = await findRecords(parts, tenant, FOLLOW_SCRIPT, args);
    for (const [place, index] of led.entries()) found[index] = records[place] ?? null;
  }
  return found;
}

function presentRecord(
  [heads, bodies, accesses]: readonly [Reply[], Reply[], Reply[]],
  index: number,
  now: string,
): MemoryRecord | null {
  const head = heads[index] == null ? null : decodeHead(asBytes(heads[index]));
  const lives = head?.expires !== undefined && (head.expires === "" || head.expires > now);
  return head && lives ? toRecord(bodies[index], head.version, accesses[index]) : null;
}

/** Whether an id's record is under another id now. */
function leadsOn(changes: Reply | undefined): boolean {
  if (changes == null) return false;
  const [target] = (JSON.parse(asText(changes)) as [target: string | null, at: Instant][]).at(-1) ?? [];
  return typeof target === "string";
}

async function findRecords(
  { server, prefix }: Parts,
  tenant: string,
  script: GatheredScript,
  args: readonly string[],
): Promise<(MemoryRecord | null)[]> {
  const shared = recordKeys(prefix, tenant, FIELDS);
  return asList(await server.gather({ script, group: tenant, shared }, { keys: [], args })).map(foundRecord);
}

function foundRecord(found: Reply): MemoryRecord | null {
  const [body, version, access] = asList(found);
  return body === undefined ? null : toRecord(body, version, access);
}

export async function findDuplicates(
  parts: Parts,
  tenant: string,
  keys: readonly string[],
  now: Instant,
): Promise<Map<string, MemoryRecord>> {
  const found = new Map<string, MemoryRecord>();
  for (let start = 0; start < keys.length; start += PAGE) {
    const page = keys.slice(start, start + PAGE);
    const records = await findRecords(parts, tenant, DUPLICATES_SCRIPT, [instantKey(now), ...page]);
    for (const [index, record] of records.entries()) if (record) found.set(page[index] ?? "", record);
  }
  return found;
}

/** So many versions come with one reply. */
const VERSIONS_PAGE = 200;
const VERSION_PARTS = 5;

/** A part of a history, and the present record, which the last version leaves to be filled in. */
const HISTORY_SCRIPT = defineScript(
  ["records", "history"],
  `return {redis.call('LRANGE', history, ARGV[1], ARGV[2]), redis.call('HGET', records, ARGV[3])}`,
);

export async function readHistory(
  { server, prefix }: Parts,
  tenant: string,
  id: string,
): Promise<RecordVersion[]> {
  const versions: RecordVersion[] = [];
  for (;;) {
    const start = versions.length * VERSION_PARTS;
    const reply = await server.run(HISTORY_SCRIPT, {
      keys: [tenantKey(prefix, tenant, "records"), historyKey(prefix, tenant, id)],
      args: [start, start + VERSIONS_PAGE * VERSION_PARTS - 1, id],
    });
    const [list, present] = asList(reply);
    const texts = asList(list);
    for (let place = 0; place < texts.length; place += VERSION_PARTS)
      versions.push(toVersion(texts.slice(place, place + VERSION_PARTS), versions.at(-1), present));
    if (texts.length < VERSIONS_PAGE * VERSION_PARTS) return versions;
  }
}

function toVersion(
  parts: readonly Reply[],
  before: RecordVersion | undefined,
  present: Reply | undefined,
): RecordVersion {
  const [version, moment, note, access, body] = parts;
  const removed = asText(moment).endsWith("-");
  const number = Number(asText(version));
  const last = asText(body) === "" ? present : body;
  return {
    version: number,
    at: fromInstantKey(asText(moment).slice(0, -1)),
    actor: null,
    reason: null,
    confidence: null,
    ...(JSON.parse(asText(note)) as Pick<RecordVersion, "change">),
    record: removed && before ? withAccess(before.record, asText(access)) : toRecord(last, number, ""),
  };
}

/** A removed record is told as it was last. */
function withAccess(record: MemoryRecord, access: string): MemoryRecord {
  const space = access.indexOf(" ");
  return { ...record, accessCount: Number(access.slice(0, space)), lastAccessedAt: access.slice(space + 1) };
}
