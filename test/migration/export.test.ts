import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { arbitraryInputs, ODD_TEXTS } from "../../src/testing/index.ts";
import { jsonLines, memoir, temporaryFolder } from "../cli/memoir.ts";
import { freshDatabase, freshPrefix, withServer } from "../servers/with-server.ts";

/** What an export tells of each record and session, but for what each store counts by itself. */
function told(file: string): Map<unknown, object> {
  const counted = ["version", "updatedAt", "lastAccessedAt", "accessCount", "expiresAt"];
  const lines = jsonLines(readFileSync(file, "utf8")) as Record<string, Record<string, unknown>>[];
  return new Map(
    lines.flatMap(({ record, session }): [unknown, object][] => {
      const all = Object.entries(record ?? session ?? {});
      const kept = Object.fromEntries(all.filter(([name]) => !counted.includes(name)));
      return record || session ? [[kept["id"] ?? kept["sessionId"], kept]] : [];
    }),
  );
}

const urls: string[] = [];
await withServer("redis", ({ url }) => {
  urls.push(`${url}?prefix=${freshPrefix()}`);
});
let postgres: string | undefined;
await withServer("postgres", ({ url }) => {
  postgres = url;
});
if (postgres !== undefined) urls.push(await freshDatabase(postgres));

test("an export of any store is the same after it went through every other", {
  timeout: 300_000,
}, async () => {
  const folder = temporaryFolder();
  const [first = "", ...others] = [`sqlite:${folder}/first.db`, ...urls, `sqlite:${folder}/last.db`];
  {
    await using memory = await openMemory(first);
    const [inputs = []] = fc.sample(arbitraryInputs({ minLength: 4, maxLength: 8 }), { numRuns: 1, seed: 7 });
    await memory.add(inputs, { deduplicate: false });
    const chat = memory.scope({ namespace: "n" }).session("chat");
    const texts = ODD_TEXTS.filter((text) => text.trim() !== "");
    await chat.append(texts.map((content) => ({ role: "user", content, metadata: { content } })));
    await chat.apply([
      { operation: "setData", values: { a: { b: [1, "é", null] } } },
      { operation: "setList", list: "queue", values: [1, "two"] },
    ]);
  }
  const exported = async (store: string) => {
    const file = join(folder, `${freshPrefix()}.jsonl`);
    expect(await memoir(["export", file, "--store", store])).toMatchObject({ code: 0 });
    return file;
  };
  const start = await exported(first);
  const expected = told(start);
  expect(expected.size).toBeGreaterThan(1);
  let file = start;
  for (const store of others) {
    expect(await memoir(["import", file, "--store", store])).toMatchObject({ code: 0 });
    file = await exported(store);
    expect(told(file)).toEqual(expected);
  }
});
