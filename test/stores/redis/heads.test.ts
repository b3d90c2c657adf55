import fc from "fast-check";
import { createClient, RESP_TYPES } from "redis";
import { expect, onTestFinished, test } from "vitest";
import { decodeHead } from "../../../src/stores/redis/records/head.ts";
import { withServer } from "../../servers/with-server.ts";

const PACK = `return cmsgpack.pack({tonumber(ARGV[1]), ARGV[2] ~= '' and tonumber(ARGV[2]), ARGV[3], unpack(ARGV, 4)})`;

await withServer("redis", ({ url }) => {
  test("a head is read as the server's scripts have packed it", async () => {
    const client = await createClient({ url, RESP: 2 }).connect();
    onTestFinished(() => client.close());
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const number = fc.oneof(fc.nat(300), fc.nat(70_000), fc.nat(), fc.maxSafeNat());
    const expires = fc.constantFrom("", "2026-05-04T09:30:00.000000Z", "x".repeat(31), "x".repeat(40));
    await fc.assert(
      fc.asyncProperty(
        number,
        fc.option(number),
        expires,
        fc.array(fc.string()),
        async (version, row, ...rest) => {
          const [until, others] = rest;
          const args = [String(version), row === null ? "" : String(row), until, ...others];
          const packed = await bytes.sendCommand<Buffer>(["EVAL", PACK, "0", ...args]);
          expect(decodeHead(packed)).toEqual({ version, expires: row === null ? undefined : until });
        },
      ),
    );
    const erased = await bytes.sendCommand<Buffer>(["EVAL", "return cmsgpack.pack({300})", "0"]);
    expect(decodeHead(erased)).toEqual({ version: 300, expires: undefined });
  });
});
