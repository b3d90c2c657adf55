import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ended, start, temporaryFolder } from "../cli/memoir.ts";
import { ownSchema } from "../conformance/emptied.ts";
import { show, tally } from "../faults/ledger.ts";
import { HARMLESS, underLoad } from "../faults/load.ts";
import { readAll } from "../faults/operations.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

const PATIENCE = { timeout: 240_000 };

/** Where stores can be had, by name; each call gives an empty one. */
const PLACES: Record<string, () => string> = {
  sqlite: () => `sqlite:${join(temporaryFolder(), "memory.db")}`,
};
await withServer("redis", ({ url }) => {
  PLACES["redis"] = () => `${url}?prefix=${freshPrefix()}`;
});
await withServer("postgres", async (server) => {
  const schemas = [await ownSchema(server.url), await ownSchema(server.url)];
  PLACES["postgres"] = () => schemas.pop()?.url ?? "";
});

describe("a store that is written to while it is migrated", () => {
  const ways = [
    ["sqlite", "redis"],
    ["redis", "postgres"],
    ["postgres", "sqlite"],
  ].filter((way) => way.every((name) => name in PLACES));

  test.each(ways)(
    "from %s to %s loses and doubles nothing until the cut-over",
    PATIENCE,
    async (from, to) => {
      const [source, target] = [from, to].map((name) => PLACES[name ?? ""]?.() ?? "") as [string, string];
      const child = start(["migrate", "--follow", "--from", source, "--to", target]);
      const result = ended(child);
      // In the middle of the writes, and for as many again as came before.
      const load = await underLoad({
        title: `${from} to ${to}, the source`,
        store: source,
        fault: async ({ writes }) => {
          if (child.stderr) await once(child.stderr, "data");
          await writes(200);
        },
      });
      expect(load).toMatchObject({ ...HARMLESS, retried: {} });
      child.kill("SIGINT");
      expect(await result).toMatchObject({ code: 0, stdout: expect.stringContaining("Both are equal.") });
      const figures = tally(await readAll(source), await readAll(target));
      show(`${from} to ${to}, the target`, figures);
      expect(figures).toMatchObject({ acknowledged: load.found, found: load.found, lost: 0, doubled: 0 });
    },
  );
});
