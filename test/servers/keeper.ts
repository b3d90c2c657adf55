/**
 * Keeps the servers of one run of tests. A server starts when the first test file asks for it, all of them share it, and it
 * ends with the run. What cannot be had is told once more at the end.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { KINDS, type KindName } from "./catalogue.ts";
import { type Obtained, obtainServer } from "./obtain.ts";
import { type Programs, programs } from "./programs.ts";

/** What a test file is told: the URL of a server, or paths of programs, or why they cannot be had. */
export type Answer = { readonly url: string } | { readonly programs: Programs } | { readonly reason: string };

declare module "vitest" {
  interface ProvidedContext {
    /** Where test files ask for servers. */
    servers: string;
  }
}

export default async function keepServers(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const obtained = new Map<string, Promise<Obtained>>();
  const missing = new Set<string>();

  const start = (name: KindName): Promise<Obtained> => {
    const server = obtainServer(name, async () => (await obtain("postgres")).url);
    obtained.set(name, server);
    server.then(
      ({ summary }) => say(summary),
      () => undefined,
    );
    return server;
  };
  const obtain = (name: KindName) => obtained.get(name) ?? start(name);

  const answer = async (wanted: string): Promise<Answer> => {
    try {
      if (wanted === "programs") return { programs: await programs() };
      return { url: (await obtain(wanted as KindName)).url };
    } catch (error) {
      const { message: reason } = error as Error;
      missing.add(reason);
      return { reason };
    }
  };

  const keeper = createServer(async (request, response) => {
    response.end(JSON.stringify(await answer((request.url ?? "").slice(1))));
  });
  await new Promise<void>((resolve) => keeper.listen(0, "127.0.0.1", resolve));
  project.provide("servers", `http://127.0.0.1:${(keeper.address() as AddressInfo).port}`);

  return async () => {
    keeper.close();
    // The pooler before the server behind it.
    for (const name of Object.keys(KINDS).reverse())
      await (await obtained.get(name)?.catch(() => null))?.remove();
    for (const reason of missing) say(`Tests not run: ${reason}`);
  };
}
