import type { FilterField } from "./fields.ts";
import type { FilterNode, FilterOperand } from "./filter.ts";

/**
 * The values of which a record's field must have one, as far as the filter says so at its top: enough for an index that
 * can only compare labels. Null when it does not say.
 */
export function valuesOf(filter: FilterNode, field: FilterField): readonly FilterOperand[] | null {
  if (filter.form === "some" && filter.field.name === field) return filter.values;
  if (filter.form !== "and") return null;
  const lists = filter.nodes.flatMap((node) => {
    const values = valuesOf(node, field);
    return values === null ? [] : [values];
  });
  const [first, ...rest] = lists;
  return first ? first.filter((value) => rest.every((values) => values.includes(value))) : null;
}
