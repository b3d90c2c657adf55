import { writeSync } from "node:fs";
import { openSqliteStore } from "../../../src/stores/sqlite/index.ts";
import { at, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";

/** Writes records and messages, several at once, and tells each id when it was acknowledged: PATH NAME COUNT ROWS. */
const [path = "", name = "", count = "0", rows = "1"] = process.argv.slice(2);
const store = await openSqliteStore({ path });
let next = 0;

async function write(): Promise<void> {
  while (next < Number(count)) {
    const id = `${name}-${next++}`;
    const beside = Array.from({ length: Number(rows) - 1 }, (_, row) =>
      putRecord(makeRecord(`${id}+${row}`)),
    );
    await store.write("t", {
      writes: [putRecord(makeRecord(id), { duplicateKey: id }), ...beside],
      now: at(0),
    });
    await store.writeSession(sessionKey(name, { tenant: "t" }), {
      operations: [{ operation: "append", messages: [makeMessage(id)] }],
      now: at(0),
    });
    writeSync(1, `${id}\n`);
  }
}

await Promise.all([write(), write(), write()]);
await store.close();
