import { NotFoundError } from "../core/errors.ts";

/** The error for records that were asked for and are not there. */
export function noSuchRecords(ids: readonly string[]): NotFoundError {
  const named = ids.map((id) => JSON.stringify(id)).join(", ");
  return new NotFoundError("record_not_found", `There is no record ${named} in this scope.`, {
    details: { ids },
  });
}
