import { describe, expect, test } from "vitest";
import { describeAddress, parseAddress } from "../../../src/stores/redis/connection/address.ts";
import { openStore } from "../../../src/stores/registry.ts";

describe("a Redis URL", () => {
  test.each([
    ["redis://", { kind: "single", tls: false, hosts: [{ host: "localhost", port: 6379 }], database: 0 }],
    ["redis://db:7000/2", { hosts: [{ host: "db", port: 7000 }], database: 2 }],
    ["rediss://[::1]:7000", { tls: true, hosts: [{ host: "::1", port: 7000 }] }],
    ["redis://me:s%40cret@db", { username: "me", password: "s@cret" }],
    ["redis://:a:b@db", { username: undefined, password: "a:b" }],
    ["redis+sentinel://a,b:7001/main/3", { kind: "sentinel", name: "main", database: 3 }],
    [
      "redis+sentinel://a,b:7001/main",
      {
        hosts: [
          { host: "a", port: 26379 },
          { host: "b", port: 7001 },
        ],
      },
    ],
    [
      "rediss+cluster://a,b",
      {
        kind: "cluster",
        tls: true,
        hosts: [
          { host: "a", port: 6379 },
          { host: "b", port: 6379 },
        ],
      },
    ],
    [
      "redis://db?prefix=m&compression=high&minReplicas=1&timeout=50",
      { settings: { prefix: "m", compression: "high", minReplicas: 1, timeout: 50 } },
    ],
  ])("%s is understood", (url, expected) => {
    expect(parseAddress(url)).toMatchObject(expected);
  });

  test.each([
    ["redis://u:secret@a,b", "the Redis URL names several hosts"],
    ["redis+sentinel://u:secret@a", "must name the server Sentinel watches"],
    ["redis+cluster://u:secret@a/1", "a cluster has only number 0"],
    ["redis://u:secret@a/b", "the number of a database"],
    ["redis://u:secret@a:99999", "no valid host or port"],
    ["redis://u:secret%zz@a", "begins no escape"],
    ["redis://u:secret@a?prefx=m", 'the unknown setting "prefx"; use one of prefix'],
    ["redis://u:secret@a@b", "must look like redis://host:6379"],
    ["redis://u:secret@a?prefix=", "prefix: must be some text without braces"],
    ["redis://u:secret@a?prefix={x}", "prefix: must be some text without braces"],
    ["redis://u:secret@a?compression=max", "compression: must be none, fast or high"],
    ["redis://u:secret@a?minReplicas=-1", "minReplicas: must be a whole number"],
    ["redis://u:secret@a?timeout=", "timeout: must be a number of milliseconds"],
  ])("%s is refused by name, without its password", async (url, sentence) => {
    const refused = openStore(url);
    await expect(refused).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining(sentence),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });

  test("is told without user and password", () => {
    const told = (url: string) => describeAddress(parseAddress(url));
    expect(told("redis://me:secret@db/2?timeout=5")).toBe("redis://db:6379/2");
    expect(told("rediss+sentinel://:secret@a,[::1]:7/main")).toBe("rediss+sentinel://a:26379,[::1]:7/main");
  });
});
