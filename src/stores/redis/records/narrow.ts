import type { FilterNode } from "../../../core/filter/filter.ts";

/** A listing that holds everything a filter leaves, and whether it holds nothing else. */
export interface Listing {
  /** Begins the members, see `LISTS`. */
  readonly name: string;
  readonly exact: boolean;
}

/** Most selective first. */
const LISTED = [
  ["sessionId", "s"],
  ["userId", "u"],
  ["namespace", "n"],
] as const;

/** The narrowest listing for a filter: one of a single session, user or namespace that must match, or else of all. */
export function narrowest(filter: FilterNode): Listing {
  const tests = conjuncts(filter);
  for (const [field, letter] of LISTED) {
    const label = tests.map((test) => onlyLabel(test, field)).find((found) => found !== undefined);
    // No label has a NUL, which ends a name here.
    if (label !== undefined && !label.includes("\0"))
      return { name: letter + label, exact: tests.length === 1 };
  }
  return { name: "a", exact: tests.length === 0 };
}

/** What must hold all together. */
function conjuncts(node: FilterNode): readonly FilterNode[] {
  return node.form === "and" ? node.nodes.flatMap(conjuncts) : [node];
}

/** The one label a test asks for; empty for none, which only listings of users have. */
function onlyLabel(test: FilterNode, field: "sessionId" | "userId" | "namespace"): string | undefined {
  if (test.form === "some" && test.field.name === field && test.values.length === 1)
    // Nothing has the empty label, and the listing of that name holds what has none.
    return String(test.values[0]) || undefined;
  const absent = test.form === "not" && test.node.form === "exists" && test.node.field.name === field;
  return absent && field === "userId" ? "" : undefined;
}
