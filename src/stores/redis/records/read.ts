import type { MemoryRecord, RecordVersion } from "../../../core/record.ts";
import { fromInstantKey, type Instant, instantKey } from "../../../core/time.ts";
import { asList, asText, type Reply } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { HEADS } from "./heads.ts";
import { historyKey, recordKeys } from "./keys.ts";
import { readPast } from "./past.ts";
import { toRecord } from "./rows.ts";

/** So many records at most come with one reply. */
export const PAGE = 500;

/** Gives record, version and accesses, or nothing, for each id after the instant. Aliases are followed. */
const READ_SCRIPT = defineScript(
  ["heads", "records", "accesses", "aliases"],
  HEADS,
  `
local function resolve(id)
  local visited = {}
  while true do
    local changes = redis.call('HGET', aliases, id)
    local last = changes and cjson.decode(changes)
    local target = last and last[#last][1] or cjson.null
    if target == cjson.null then return id end
    visited[id] = true
    if visited[target] then return nil end
    id = target
  end
end
local found = {}
for index = 2, #ARGV do
  local id = resolve(ARGV[index])
  local head = id and readHead(id)
  if head and lives(head, ARGV[1]) then
    found[index - 1] = {redis.call('HGET', records, id), head[VERSION], redis.call('HGET', accesses, id)}
  else
    found[index - 1] = false
  end
end
return found
`,
);

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

async function readPresent(
  { server, prefix }: Parts,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): Promise<(MemoryRecord | null)[]> {
  const reply = await server.run(READ_SCRIPT, {
    keys: recordKeys(prefix, tenant, ["heads", "records", "accesses", "aliases"]),
    args: [instantKey(now), ...ids],
  });
  return asList(reply).map(foundRecord);
}

function foundRecord(found: Reply): MemoryRecord | null {
  const [body, version, access] = asList(found);
  return body === undefined ? null : toRecord(body, version, access);
}

/** Gives record, version and accesses of whoever has each key, or nothing. */
const DUPLICATES_SCRIPT = defineScript(
  ["heads", "records", "accesses", "duplicates"],
  HEADS,
  `
local found = {}
for index = 2, #ARGV do
  local kept = redis.call('HGET', duplicates, ARGV[index])
  local id = kept and cmsgpack.unpack(kept)[1]
  local head = id and readHead(id)
  if head and lives(head, ARGV[1]) then
    found[index - 1] = {redis.call('HGET', records, id), head[VERSION], redis.call('HGET', accesses, id)}
  else
    found[index - 1] = false
  end
end
return found
`,
);

export async function findDuplicates(
  { server, prefix }: Parts,
  tenant: string,
  keys: readonly string[],
  now: Instant,
): Promise<Map<string, MemoryRecord>> {
  const found = new Map<string, MemoryRecord>();
  for (let start = 0; start < keys.length; start += PAGE) {
    const page = keys.slice(start, start + PAGE);
    const reply = await server.run(DUPLICATES_SCRIPT, {
      keys: recordKeys(prefix, tenant, ["heads", "records", "accesses", "duplicates"]),
      args: [instantKey(now), ...page],
    });
    for (const [index, item] of asList(reply).entries()) {
      const record = foundRecord(item);
      if (record) found.set(page[index] ?? "", record);
    }
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
