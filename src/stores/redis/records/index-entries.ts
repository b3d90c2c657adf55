import type { IndexEntry, IndexedRecord } from "../../../core/recall-index.ts";
import { asBytes, asList, asText, type Reply } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { decodeEntry, encodeEntry, entryMaker } from "../entry.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { HEADS } from "./heads.ts";
import { recordKeys } from "./keys.ts";
import { PAGE } from "./read.ts";

/** Row, id and index entry of present records. */
const INDEXED = `
local function indexed(ids)
  local found = {}
  for _, id in ipairs(ids) do
    local head = readHead(id)
    if head[ROW] then
      found[#found + 1] = {head[ROW], id, redis.call('HGET', entries, id)}
    end
  end
  return found
end
`;

const INDEXED_FIELDS = ["heads", "entries", "rows", "users"] as const;

/** The next ones behind a row: of all, or of a user when there is a third argument. */
const INDEXED_SCRIPT = defineScript(
  INDEXED_FIELDS,
  HEADS,
  INDEXED,
  `
local ids
if ARGV[3] then
  local first = ARGV[3] .. '\\0'
  ids = redis.call('ZRANGEBYLEX', users, '(' .. first .. string.format('%016.0f', ARGV[1]) .. '\\1', '(' .. ARGV[3] .. '\\1',
    'LIMIT', 0, ARGV[2])
  for index, member in ipairs(ids) do ids[index] = string.sub(member, #first + 18) end
else
  ids = redis.call('ZRANGEBYSCORE', rows, '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
end
return indexed(ids)
`,
);

const INDEXED_BY_ID_SCRIPT = defineScript(INDEXED_FIELDS, HEADS, INDEXED, "return indexed(ARGV)");

export async function indexedRecords(
  { server, prefix }: Parts,
  tenant: string,
  { afterRow, limit, userId }: { afterRow: number; limit: number; userId?: string | null },
): Promise<IndexedRecord[]> {
  const keys = recordKeys(prefix, tenant, INDEXED_FIELDS);
  const user = userId === undefined ? [] : [userId ?? ""];
  const found: IndexedRecord[] = [];
  while (found.length < limit) {
    const amount = Math.min(PAGE, limit - found.length);
    const args = [found.at(-1)?.row ?? afterRow, amount, ...user];
    const page = asList(await server.run(INDEXED_SCRIPT, { keys, args }));
    found.push(...page.map(toIndexed));
    if (page.length < amount) break;
  }
  return found;
}

export async function indexedById(
  { server, prefix }: Parts,
  tenant: string,
  ids: readonly string[],
): Promise<IndexedRecord[]> {
  const keys = recordKeys(prefix, tenant, INDEXED_FIELDS);
  const found: IndexedRecord[] = [];
  for (let start = 0; start < ids.length; start += PAGE) {
    const reply = await server.run(INDEXED_BY_ID_SCRIPT, { keys, args: ids.slice(start, start + PAGE) });
    found.push(...asList(reply).map(toIndexed));
  }
  return found;
}

function toIndexed(item: Reply): IndexedRecord {
  const [row, id, entry] = asList(item);
  return { row: Number(row), id: asText(id), entry: decodeEntry(asBytes(entry)) };
}

/** Four arguments for each entry: id, version, maker, bytes. */
const REINDEX_SCRIPT = defineScript(
  ["heads", "entries", "makers"],
  HEADS,
  `
for index = 1, #ARGV, 4 do
  local id, version, maker, entry = ARGV[index], tonumber(ARGV[index + 1]), ARGV[index + 2], ARGV[index + 3]
  local head = readHead(id)
  if head[ROW] and head[VERSION] == version then
    local place = '\\0' .. string.format('%016.0f', head[ROW]) .. '\\0' .. id
    redis.call('ZREM', makers, head[MAKER] .. place)
    redis.call('ZADD', makers, 0, maker .. place)
    head[MAKER] = maker
    redis.call('HSET', heads, id, cmsgpack.pack(head))
    redis.call('HSET', entries, id, entry)
  end
end
`,
);

export async function reindexRecords(
  { server, prefix }: Parts,
  tenant: string,
  entries: readonly { readonly id: string; readonly version: number; readonly entry: IndexEntry }[],
): Promise<void> {
  const keys = recordKeys(prefix, tenant, ["heads", "entries", "makers"]);
  for (let start = 0; start < entries.length; start += PAGE) {
    const args = entries
      .slice(start, start + PAGE)
      .flatMap(({ id, version, entry }) => [
        id,
        version,
        entryMaker(entry, entry.vector !== null),
        encodeEntry(entry),
      ]);
    await server.run(REINDEX_SCRIPT, { keys, args });
  }
}

/** The first rows of every maker but the current one. There are few makers: the search jumps from one to the next. */
const STALE_SCRIPT = defineScript(
  ["makers"],
  `
local current, limit = ARGV[1], tonumber(ARGV[2])
local stale, from = {}, '-'
while true do
  local first = redis.call('ZRANGEBYLEX', makers, from, '+', 'LIMIT', 0, 1)[1]
  if not first then break end
  local maker = string.sub(first, 1, string.find(first, '\\0', 1, true) - 1)
  if maker ~= current then
    for _, member in ipairs(redis.call('ZRANGEBYLEX', makers, '[' .. maker .. '\\0', '(' .. maker .. '\\1', 'LIMIT', 0, limit)) do
      stale[#stale + 1] = string.sub(member, #maker + 2)
    end
  end
  from = '[' .. maker .. '\\1'
end
table.sort(stale)
local ids = {}
for index = 1, math.min(limit, #stale) do ids[index] = string.sub(stale[index], 18) end
return ids
`,
);

export async function staleEntries(
  { server, prefix }: Parts,
  tenant: string,
  {
    embedder,
    analyzer,
    limit,
  }: { readonly embedder: string; readonly analyzer: string; readonly limit: number },
): Promise<string[]> {
  const keys = [tenantKey(prefix, tenant, "makers")];
  const args = [entryMaker({ embedder, analyzer }, true), limit];
  return asList(await server.run(STALE_SCRIPT, { keys, args })).map(asText);
}
