import { compareInstants, type Instant } from "../time.ts";
import type { SessionContent } from "./state.ts";

/** What a session holds under names: keys of its data and lists. Both are called fields here. */
type Fields = Pick<SessionContent, "data" | "lists" | "fieldExpiresAt">;

/** The session without the fields whose time has come; the same object when there are none. */
export function withoutExpiredFields<State extends Fields>(state: State, now: Instant): State {
  const gone = Object.entries(state.fieldExpiresAt ?? {})
    .filter(([, at]) => compareInstants(at, now) <= 0)
    .map(([field]) => field);
  return gone.length === 0 ? state : withoutFields(state, new Set(gone));
}

/** The session with these expiries, of the fields that it has. */
export function withExpiries<State extends Fields>(
  state: State,
  expiries: Readonly<Record<string, Instant>>,
): State {
  const { fieldExpiresAt: _, ...rest } = state;
  const kept = Object.entries(expiries).filter(([field]) => hasField(state, field));
  return (kept.length === 0 ? rest : { ...rest, fieldExpiresAt: Object.fromEntries(kept) }) as State;
}

/** Sets, or with null ends, when these fields expire; gives how many of them there are. */
export function expireFields<State extends Fields>(
  state: State,
  fields: readonly string[] | null,
  at: Instant | null,
): { readonly state: State; readonly found: number } {
  const all = () => [...Object.keys(state.data), ...Object.keys(state.lists)];
  const chosen = new Set(fields ? fields.filter((field) => hasField(state, field)) : all());
  const others = Object.entries(state.fieldExpiresAt ?? {}).filter(([field]) => !chosen.has(field));
  const expiries = at === null ? others : [...others, ...[...chosen].map((field) => [field, at] as const)];
  return { state: withExpiries(state, Object.fromEntries(expiries)), found: chosen.size };
}

function withoutFields<State extends Fields>(state: State, gone: ReadonlySet<string>): State {
  const without = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).filter(([field]) => !gone.has(field)));
  const left = { ...state, data: without(state.data), lists: without(state.lists) };
  return withExpiries(left, state.fieldExpiresAt ?? {});
}

function hasField(state: Fields, field: string): boolean {
  return Object.hasOwn(state.data, field) || Object.hasOwn(state.lists, field);
}
