import { expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import type { ServerProcess } from "../servers/process.ts";
import { type FaultyRoute, faultyRouteTo } from "./faulty-route.ts";
import { HARMLESS, type LoadOptions, type LoadResult, type Progress, underLoad } from "./load.ts";
import { checkStore } from "./operations.ts";
import { fourProcessesCompete, fourProcessesWrite } from "./processes.ts";

const MINUTES = 60_000;

/** A store behind a server. */
export interface ServerStore {
  readonly name: string;
  /** Starts a server; a durable one flushes every write before it answers. */
  start(durable: boolean): Promise<OwnServer>;
  /** The store's URL by a port of this machine. */
  url(port: number, settings?: { readonly timeout: number }): string;
}

export interface OwnServer {
  readonly port: number;
  readonly process: ServerProcess;
  remove(): Promise<void>;
}

/** A store's server, the faulty way to it, and what happens meanwhile. */
interface Stage extends Progress {
  readonly server: OwnServer;
  readonly route: FaultyRoute;
}

/** Milliseconds callers wait in the tests of faults that last. */
const SHORT = 1000;

/** Verifies that a store loses, doubles and hangs nothing whatever happens to its server or the way there. */
export function describeServerFaults(subject: ServerStore): void {
  const { name, url } = subject;

  async function play(
    fault: (stage: Stage) => Promise<unknown>,
    options: { timeout?: number; repeats?: boolean; title: string },
  ): Promise<LoadResult> {
    const server = await subject.start(true);
    onTestFinished(() => server.remove());
    const route = await faultyRouteTo(server.port);
    const { timeout = 20_000, repeats = true } = options;
    const load: LoadOptions = {
      title: `${name}: ${options.title}`,
      store: url(server.port),
      open: () => openMemory(url(route.port, { timeout }), { jobs: "memory:" }),
      fault: (progress) => fault({ ...progress, server, route }),
      repeats,
    };
    const outcome = await underLoad(load);
    expect(await checkStore(url(server.port))).toEqual([]);
    return outcome;
  }

  const scenario = (title: string, run: (title: string) => Promise<void>) =>
    test(`${name}: ${title}`, { timeout: 10 * MINUTES }, () => run(title));

  scenario("killed and restarted amid writes", async (title) => {
    const outcome = await play(
      async ({ server, writes }) => {
        for (let round = 0; round < 5; round++) {
          await server.process.kill();
          await server.process.start();
          await writes(50);
        }
      },
      { title },
    );
    expect(outcome).toMatchObject({ ...HARMLESS, retried: {} });
  });

  scenario("killed, and away for longer than callers wait", async (title) => {
    const outcome = await play(
      async ({ server, failures }) => {
        await server.process.kill();
        await failures(8);
        await server.process.start();
      },
      { title, timeout: SHORT },
    );
    expect(outcome).toMatchObject(HARMLESS);
    expect(Object.keys(outcome.retried)).toContain("store_unavailable");
  });

  scenario("connections cut amid writes", async (title) => {
    const outcome = await play(
      async ({ route, writes }) => {
        for (let round = 0; round < 20; round++) {
          route.cut();
          await writes(20);
        }
      },
      { title },
    );
    expect(outcome).toMatchObject({ ...HARMLESS, retried: {} });
  });

  for (const repeats of [true, false])
    scenario(
      `answers lost to callers who ${repeats ? "repeat a call with its key" : "give no key"}`,
      async (title) => {
        const outcome = await play(
          async ({ route, writes, failures }) => {
            for (let round = 0; round < 3; round++) {
              route.loseAnswers();
              await failures(4);
              route.mend();
              await writes(20);
            }
          },
          { title, repeats, timeout: SHORT },
        );
        expect(outcome).toMatchObject(HARMLESS);
        expect(Object.keys(outcome.retried)).toContain("store_unavailable");
      },
    );

  scenario("silent for longer than callers wait", async (title) => {
    const outcome = await play(
      async ({ route, failures }) => {
        route.stall();
        await failures(8);
        route.mend();
      },
      { title, timeout: SHORT },
    );
    expect(outcome).toMatchObject(HARMLESS);
    expect(Object.keys(outcome.retried)).toContain("store_unavailable");
  });

  scenario("stopped for longer than callers wait, with all of its connections", async (title) => {
    const outcome = await play(
      async ({ server, failures }) => {
        server.process.freeze();
        await failures(8);
        server.process.thaw();
      },
      { title, timeout: SHORT },
    );
    expect(outcome).toMatchObject(HARMLESS);
  });

  scenario("not there when a memory is opened", async () => {
    const route = await faultyRouteTo(0);
    route.refuse();
    const opening = openMemory(url(route.port, { timeout: SHORT }));
    await expect(opening).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
  });

  scenario("four processes with two handles each lose no message, push or increment", async (title) => {
    const server = await subject.start(false);
    onTestFinished(() => server.remove());
    await fourProcessesWrite(`${name}: ${title}`, url(server.port));
  });

  scenario("of four processes with two handles each, one wins each version", async () => {
    const server = await subject.start(false);
    onTestFinished(() => server.remove());
    await fourProcessesCompete(url(server.port));
  });
}
