import { fieldValue } from "../../core/filter/fields.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { Connection, SqlValue } from "./driver.ts";

/**
 * What SQL cannot do exactly. SQLite's own reading of decimal numbers is off by a last digit now and then, and its JSON
 * paths have no form for keys with quotes or control characters.
 */
export function defineFunctions(connection: Connection): void {
  connection.define("memoir_number", numberOf);
  connection.define("memoir_value", valueAt);
}

/** `memoir_number(json)`: the number a JSON text is; NULL when it is none. */
function numberOf(json: SqlValue): SqlValue {
  if (typeof json !== "string") return null;
  const number = Number(json);
  return Number.isNaN(number) ? null : number;
}

/** `memoir_value(metadata, path)`: what `metadata` has at a path, as JSON text; NULL when it has nothing there. */
function valueAt(metadata: SqlValue, path: SqlValue): SqlValue {
  if (typeof metadata !== "string" || typeof path !== "string") return null;
  const record = { metadata: JSON.parse(metadata) } as MemoryRecord;
  const value = fieldValue(record, { name: "metadata", kind: "json", path: JSON.parse(path) as string[] });
  return value === undefined ? null : JSON.stringify(value);
}
