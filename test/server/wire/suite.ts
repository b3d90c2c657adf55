import { afterAll, beforeAll, describe, test } from "vitest";
import type { ServeOptions } from "../../../src/server/index.ts";
import type { Api, Served, TestClock } from "../served.ts";

/** What the wire contract is checked on: a way to serve a fresh, empty memory. */
export interface WireSubject {
  /** Names the store, for example `sqlite`. */
  readonly name: string;
  open(options?: Partial<ServeOptions>): Promise<Served>;
}

/** What a rule works with. The server is shared, so rules keep apart by the names they get from `fresh`. */
export interface Wire {
  readonly api: Api;
  readonly url: string;
  readonly clock: TestClock;
  /** A name nobody else uses. */
  fresh(): string;
  /** A server of its own, for rules about settings, time or everything there is; closed after the rule. */
  own(options?: Partial<ServeOptions>): Promise<Served>;
}

/** One statement of the contract: the section it stands in, what it says, and the proof. */
export type Rule = (section: string, statement: string, prove: (wire: Wire) => Promise<void>) => void;

export interface Chapter {
  readonly title: string;
  readonly rules: (rule: Rule) => void;
}

let names = 0;

export function describeChapters(subject: WireSubject, chapters: readonly Chapter[]): void {
  describe(`wire contract: ${subject.name}`, () => {
    let shared: Served;
    beforeAll(async () => {
      shared = await subject.open();
    });
    afterAll(async () => {
      await shared.close();
    });
    for (const { title, rules } of chapters) {
      describe(title, () => {
        rules((section, statement, prove) => {
          test(`${statement} [${section}]`, async () => {
            const opened: Served[] = [];
            try {
              await prove({
                api: shared.api,
                url: shared.url,
                clock: shared.clock,
                fresh: () => `n${++names}`,
                own: async (options) => {
                  const served = await subject.open(options);
                  opened.push(served);
                  return served;
                },
              });
            } finally {
              await Promise.all(opened.map((served) => served.close()));
            }
          });
        });
      });
    }
  });
}
