import { randomBytes } from "node:crypto";
import { afterAll, inject, test } from "vitest";
import type { KindName } from "./catalogue.ts";
import type { Answer } from "./keeper.ts";
import { query } from "./postgres.ts";
import type { Programs } from "./programs.ts";

/**
 * Defines tests that need a server, which all files of a run share. Where it cannot be had they are not run, which the run
 * says at its end; in CI that is a failure.
 *
 * ```ts
 * await withServer("redis", ({ url }) => {
 *   describeStore({ name: "redis", open: () => openRedisStore({ url, prefix }), reset });
 * });
 * ```
 */
export async function withServer(
  name: KindName,
  define: (server: { readonly url: string }) => void | Promise<void>,
): Promise<void> {
  const answer = await ask(name);
  if ("url" in answer) await define(answer);
}

/** Defines tests that start servers of their own, to stop, kill or starve them. */
export async function withPrograms(define: (programs: Programs) => void | Promise<void>): Promise<void> {
  const answer = await ask("programs");
  if ("programs" in answer) await define(answer.programs);
}

async function ask(wanted: string): Promise<Answer> {
  const answer = (await (await fetch(`${inject("servers")}/${wanted}`)).json()) as Answer;
  if ("reason" in answer) {
    if (process.env["CI"]) throw new Error(answer.reason);
    test.skip(`not run: ${answer.reason}`);
  }
  return answer;
}

/** A word that nobody else uses, for keys on a server that others use too. */
export function freshPrefix(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** Makes an empty database on a PostgreSQL and gives its URL. It is dropped when the test file has run. */
export async function freshDatabase(server: string): Promise<string> {
  const name = freshPrefix().replace("-", "_");
  await query(server, `create database ${name}`);
  afterAll(() => query(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
