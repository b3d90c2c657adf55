import { compareCodePoints } from "../../core/filter/evaluate.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { Alias, AliasPage, IdPage } from "../../core/store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import type { Row, TenantData } from "./backing.ts";

/** When a record is looked at: expiry is judged at `now`, the state is the one known at `asOf`, by default the present. */
export interface Moment {
  readonly now: Instant;
  readonly asOf?: Instant;
}

export function expired(state: { readonly expiresAt: Instant | null }, now: Instant): boolean {
  return state.expiresAt !== null && compareInstants(state.expiresAt, now) <= 0;
}

/** The present row of an id; undefined when there is none or it has expired. */
export function livingRow(data: TenantData, id: string, now: Instant): Row | undefined {
  const row = data.rows.get(id);
  return row && !expired(row.record, now) ? row : undefined;
}

/** The record stored under an id itself, aliases aside. */
export function ownRecord(data: TenantData, id: string, moment: Moment): MemoryRecord | undefined {
  const record = moment.asOf === undefined ? data.rows.get(id)?.record : recordAsOf(data, id, moment.asOf);
  return record && !expired(record, moment.now) ? record : undefined;
}

/** The record that reading an id gives, following aliases. */
export function resolvedRecord(data: TenantData, id: string, moment: Moment): MemoryRecord | undefined {
  const visited = new Set<string>();
  let current = id;
  for (;;) {
    const target = aliasTarget(data, current, moment.asOf);
    if (target === null) return ownRecord(data, current, moment);
    visited.add(current);
    if (visited.has(target)) return undefined;
    current = target;
  }
}

/** All ids that may have a record at the moment. */
export function idsAt(data: TenantData, moment: Moment): Iterable<string> {
  return moment.asOf === undefined ? data.rows.keys() : data.history.keys();
}

function recordAsOf(data: TenantData, id: string, asOf: Instant): MemoryRecord | undefined {
  const last = data.history.get(id)?.findLast(({ version }) => compareInstants(version.at, asOf) <= 0);
  return last?.present ? last.version.record : undefined;
}

/** Every id there ever was, by id. */
export function usedIds(
  { lastVersions }: TenantData,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): IdPage {
  const left = [...lastVersions.keys()]
    .filter((id) => cursor === null || compareCodePoints(id, cursor) > 0)
    .sort(compareCodePoints);
  const ids = left.slice(0, limit);
  return { ids, cursor: left.length > limit ? (ids.at(-1) ?? null) : null };
}

/** The aliases that hold now, by id. */
export function presentAliases(
  data: TenantData,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): AliasPage {
  const all = [...data.aliases].flatMap(([id, changes]): Alias[] => {
    const last = changes.at(-1);
    return last && last.target !== null ? [{ id, target: last.target, at: last.at }] : [];
  });
  const left = all
    .filter(({ id }) => cursor === null || compareCodePoints(id, cursor) > 0)
    .sort((one, other) => compareCodePoints(one.id, other.id));
  const aliases = left.slice(0, limit);
  return { aliases, cursor: left.length > limit ? (aliases.at(-1)?.id ?? null) : null };
}

function aliasTarget(data: TenantData, id: string, asOf: Instant | undefined): string | null {
  const changes = data.aliases.get(id);
  const last = changes?.findLast(({ at }) => asOf === undefined || compareInstants(at, asOf) <= 0);
  return last?.target ?? null;
}
