import { matches } from "../../../core/filter/evaluate.ts";
import type { FilterNode } from "../../../core/filter/filter.ts";
import type { MemoryRecord } from "../../../core/record.ts";
import { type Instant, instantKey } from "../../../core/time.ts";
import { asList, asText } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import type { Parts } from "../store-parts.ts";
import { HEADS } from "./heads.ts";
import { recordKeys } from "./keys.ts";
import { narrowest } from "./narrow.ts";
import { PAGE } from "./read.ts";
import { toRecord } from "./rows.ts";

/** Present records in order. */
interface Walk {
  readonly filter: FilterNode;
  readonly now: Instant;
  readonly order: "newest" | "oldest";
  readonly after?: { readonly createdAt: Instant; readonly id: string };
  /** How many are likely to be wanted: the first page is no larger. */
  readonly expected: number;
}

interface Candidate {
  readonly row: number;
  readonly record: MemoryRecord;
}

/**
 * A page of a listing: place and row of each member, with record, version and accesses where it lives. Arguments: the
 * instant, the name of the listing, the order, the place to go on behind, how many. Of records created in the same
 * instant the ids rise in either order; going backwards, the last instant is therefore read again from its front.
 */
const PAGE_SCRIPT = defineScript(
  ["heads", "records", "accesses", "listing"],
  HEADS,
  `
local now, name, order, place, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local first, last = name .. '\\0', name .. '\\1'
local WIDTH = 27
local function rising(from, to, amount)
  if amount <= 0 then return {} end
  return redis.call('ZRANGEBYLEX', listing, from, to, 'LIMIT', 0, amount)
end
local function instantOf(member) return string.sub(member, #first + 1, #first + WIDTH) end

local members
if order == 'oldest' then
  members = rising(place == '' and '[' .. first or '(' .. first .. place, '(' .. last, limit)
else
  members = {}
  local upper = '(' .. last
  if place ~= '' then
    local instant = first .. string.sub(place, 1, WIDTH)
    members = rising('(' .. first .. place, '(' .. instant .. '\\1', limit)
    upper = '(' .. instant
  end
  local left = limit - #members
  local falling = left > 0 and redis.call('ZREVRANGEBYLEX', listing, upper, '[' .. first, 'LIMIT', 0, left) or {}
  local index = 1
  while index <= #falling do
    local instant, stop = instantOf(falling[index]), index
    while stop < #falling and instantOf(falling[stop + 1]) == instant do stop = stop + 1 end
    if stop == #falling then
      local group = rising('[' .. first .. instant, '(' .. first .. instant .. '\\1', stop - index + 1)
      for _, member in ipairs(group) do members[#members + 1] = member end
    else
      for position = stop, index, -1 do members[#members + 1] = falling[position] end
    end
    index = stop + 1
  end
end

local page = {}
for index, member in ipairs(members) do
  local behind = string.sub(member, #first + 1)
  local id = string.sub(behind, WIDTH + 2)
  local head = readHead(id)
  page[index] = {behind, head[ROW] or 0}
  if lives(head, now) then
    page[index] = {behind, head[ROW], redis.call('HGET', records, id), head[VERSION], redis.call('HGET', accesses, id)}
  end
end
return page
`,
);

/** What a filter leaves, in order, read page by page. */
export async function* candidates(parts: Parts, tenant: string, walk: Walk): AsyncGenerator<Candidate> {
  const { filter, now, order, after } = walk;
  const keys = recordKeys(parts.prefix, tenant, ["heads", "records", "accesses", "listing"]);
  const { name } = narrowest(filter);
  let place = after ? `${instantKey(after.createdAt)}\0${after.id}` : "";
  let limit = Math.min(Math.max(1, walk.expected), PAGE);
  for (;;) {
    const reply = await parts.server.run(PAGE_SCRIPT, {
      keys,
      args: [instantKey(now), name, order, place, limit],
    });
    const page = asList(reply).map(asList);
    for (const [, row, body, version, access] of page) {
      if (body === undefined) continue;
      const record = toRecord(body, version, access);
      if (matches(record, filter)) yield { row: Number(row), record };
    }
    if (page.length < limit) return;
    place = asText(page.at(-1)?.[0]);
    limit = PAGE;
  }
}
