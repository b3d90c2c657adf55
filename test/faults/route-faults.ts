import { expect, test } from "vitest";
import type { FaultyRoute } from "./faulty-route.ts";
import { HARMLESS, type LoadResult, type Progress } from "./load.ts";

/** Writes through a route while `fault` is worked on it. */
export type ThroughFaults = (
  title: string,
  fault: (route: FaultyRoute, progress: Progress) => Promise<unknown>,
) => Promise<LoadResult>;

/** The codes of errors that callers may be asked to try again after. */
interface Codes {
  readonly lostAnswer: string;
  readonly noAnswer: string;
  readonly nobodyThere: string;
}

/** Verifies that a broken way to a server loses and doubles nothing, and that every call ends. */
export function verifyRouteFaults(throughFaults: ThroughFaults, codes: Codes): void {
  test("connections that are cut amid writes cost callers nothing", async () => {
    const outcome = await throughFaults("connections cut", async (route, progress) => {
      for (let round = 0; round < 10; round++) {
        route.cut();
        await progress.writes(10);
      }
    });
    expect(outcome).toMatchObject({ ...HARMLESS, retried: {} });
  });

  test("writes whose answers are lost are done once", async () => {
    const outcome = await throughFaults("answers lost", async (route, progress) => {
      for (let round = 0; round < 5; round++) {
        route.loseAnswers();
        await progress.failures(1);
        route.mend();
        await progress.writes(10);
      }
    });
    expect(outcome).toMatchObject(HARMLESS);
    expect(Object.keys(outcome.retried)).toContain(codes.lostAnswer);
  });

  test("calls to a server that answers no more end in time", async () => {
    const outcome = await throughFaults("a server that answers no more", async (route, progress) => {
      route.stall();
      await progress.failures(8);
      route.mend();
    });
    expect(outcome).toMatchObject(HARMLESS);
    expect(Object.keys(outcome.retried)).toContain(codes.noAnswer);
  });

  test("calls to a server that is not there end in time", async () => {
    const outcome = await throughFaults("a server that is not there", async (route, progress) => {
      route.refuse();
      await progress.failures(8);
      route.mend();
    });
    expect(outcome).toMatchObject(HARMLESS);
    expect(Object.keys(outcome.retried)).toContain(codes.nobodyThere);
  });
}
