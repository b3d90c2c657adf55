import { openSqliteStore } from "../../../src/stores/sqlite/index.ts";
import { at, makeRecord, putRecord } from "../../../src/testing/build.ts";

/** Writes many records in one call, tells how many, and ends without closing the store: PATH. */
const [path = ""] = process.argv.slice(2);
const warnings: string[] = [];
const logger = {
  debug() {},
  info() {},
  warn: (_: object, message: string) => warnings.push(message),
  error() {},
};
const store = await openSqliteStore({ path, logger });
const writes = Array.from({ length: 400 }, (_, index) => putRecord(makeRecord(`r${index}`)));
const { sequence } = await store.write("t", { writes, now: at(0) });
process.stdout.write(JSON.stringify({ sequence, warnings }));
