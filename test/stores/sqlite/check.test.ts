import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { at, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

/** What the check finds after somebody changed a sound file by hand. */
async function problemsAfter(script: string): Promise<string[]> {
  const path = scratchPath();
  const store = await openScratch(path);
  const writes = ["a", "b", "c"].map((id) => putRecord(makeRecord(id)));
  await store.write("t", { writes, now: at(0) });
  const messages = [makeMessage("m1"), makeMessage("m2")];
  await store.writeSession(sessionKey("s"), { operations: [{ operation: "append", messages }], now: at(0) });
  expect(await store.check()).toEqual([]);
  const other = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  other.exec(script);
  other.close();
  return store.check();
}

test.each([
  ["DELETE FROM versions WHERE id = 'b'", 'Record "b" has no version 1 in its history.'],
  ["UPDATE records SET version = 4 WHERE id = 'b'", 'Record "b" has no version 4 in its history.'],
  ["DELETE FROM entries WHERE row = 2", 'Record "b" has no index entry, so recall cannot find it.'],
  ["DELETE FROM records WHERE id = 'b'", "Index entry 2 belongs to no record."],
  ["DELETE FROM records WHERE id = 'b'", "Row 2 of entries belongs to a row of records that is gone."],
  ["UPDATE versions SET body = '{' WHERE id = 'b'", 'Version 1 of record "b" cannot be read.'],
  ["DELETE FROM changes WHERE id = 'b'", 'Version 1 of record "b" is missing in the change feed.'],
  ["DELETE FROM changes WHERE id = 'b'", "The change feed has gaps: 1 of its changes are missing."],
  [
    "DELETE FROM changes WHERE kind = 'session'",
    "The change feed ends at 3, but changes were numbered up to 4.",
  ],
  ["DELETE FROM messages WHERE id = 'm1'", 'Session "s" says it has 2 messages but has 1.'],
])("after %s the check says: %s", async (script, sentence) => {
  expect(await problemsAfter(script)).toContain(sentence);
});
