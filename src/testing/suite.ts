import { describe, type TestOptions, test } from "vitest";
import type { RequirementId } from "./requirements.ts";

/** One behaviour of a suite, as data: it can be run, counted and compared with the requirements. */
export interface Case<Fixture> {
  readonly requirement: RequirementId;
  readonly title: string;
  readonly run: (fixture: Fixture) => Promise<void>;
}

/** Cases about one part of a contract. */
export interface Area<Fixture> {
  readonly name: string;
  readonly cases: readonly Case<Fixture>[];
}

/** Declares one behaviour: which requirement it verifies, what should be seen, and how. */
export type Verifies<Fixture> = (
  requirement: RequirementId,
  title: string,
  run: (fixture: Fixture) => Promise<void>,
) => void;

export function area<Fixture>(name: string, declare: (verifies: Verifies<Fixture>) => void): Area<Fixture> {
  const cases: Case<Fixture>[] = [];
  declare((requirement, title, run) => cases.push({ requirement, title, run }));
  return { name, cases };
}

/** What is known of a conformance test besides its title; reporters read it from the test's `meta`. */
export interface ConformanceMeta {
  /** `store` or `memory`. */
  readonly suite: string;
  /** Name of the implementation under test. */
  readonly variant: string;
  readonly requirement: RequirementId;
}

declare module "vitest" {
  interface TaskMeta {
    conformance?: ConformanceMeta;
  }
}

/** Registers the areas as vitest tests; the requirement id ends each title. */
export function describeAreas<Fixture>(
  subject: { readonly suite: string; readonly variant: string; readonly timeout: number },
  areas: readonly Area<Fixture>[],
  withFixture: (run: (fixture: Fixture) => Promise<void>) => Promise<void>,
): void {
  const { suite, variant, timeout } = subject;
  describe(`${suite}: ${variant}`, () => {
    for (const { name, cases } of areas) {
      describe(name, () => {
        for (const { requirement, title, run } of cases) {
          const conformance: ConformanceMeta = { suite, variant, requirement };
          const options: TestOptions = { timeout, meta: { conformance } };
          test(`${title} [${requirement}]`, options, () => withFixture(run));
        }
      });
    }
  });
}
