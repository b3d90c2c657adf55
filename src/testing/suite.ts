import { describe, type TestOptions, test } from "vitest";
import type { RequirementId } from "./requirements.ts";

type Run<Fixture> = (fixture: Fixture) => Promise<void>;

/** One behaviour of a suite, as data: it can be run, counted and compared with the requirements. */
export interface Case<Fixture> {
  readonly requirement: RequirementId;
  readonly title: string;
  readonly run: Run<Fixture>;
  /** What is verified instead where a capability is declared to be missing. */
  readonly without?: { readonly capability: string; readonly run: Run<Fixture> };
}

/** Cases about one part of a contract. */
export interface Area<Fixture> {
  readonly name: string;
  readonly cases: readonly Case<Fixture>[];
}

/** Declares behaviours: which requirement it verifies, what should be seen, and how. */
export interface Verifies<Fixture> {
  (requirement: RequirementId, title: string, run: Run<Fixture>): void;
  /** A behaviour seen by moving the clock, and what can be seen of it where the clock cannot be moved. */
  moving(requirement: RequirementId, title: string, run: Run<Fixture>, otherwise: Run<Fixture>): void;
  /** A behaviour of several tenants, and the refusal where there is only one. */
  tenants(requirement: RequirementId, title: string, run: Run<Fixture>, otherwise: Run<Fixture>): void;
  /** A behaviour of an engine that is away, and what is seen where there is no engine that could be. */
  away(requirement: RequirementId, title: string, run: Run<Fixture>, otherwise: Run<Fixture>): void;
}

export function area<Fixture>(name: string, declare: (verifies: Verifies<Fixture>) => void): Area<Fixture> {
  const cases: Case<Fixture>[] = [];
  const needing =
    (capability: string) =>
    (requirement: RequirementId, title: string, run: Run<Fixture>, otherwise: Run<Fixture>): void => {
      cases.push({ requirement, title, run, without: { capability, run: otherwise } });
    };
  const plain = (requirement: RequirementId, title: string, run: Run<Fixture>): void => {
    cases.push({ requirement, title, run });
  };
  declare(
    Object.assign(plain, { moving: needing("clock"), tenants: needing("tenants"), away: needing("engine") }),
  );
  return { name, cases };
}

/** What is known of a conformance test besides its title; reporters read it from the test's `meta`. */
export interface ConformanceMeta {
  readonly suite: "store" | "memory" | "vectors" | "jobs";
  /** Name of the implementation under test. */
  readonly variant: string;
  readonly requirement: RequirementId;
}

declare module "vitest" {
  interface TaskMeta {
    conformance?: ConformanceMeta;
  }
}

/** What `describeAreas` runs. */
export interface Conformance<Fixture> {
  readonly suite: ConformanceMeta["suite"];
  /** Name of the implementation under test. */
  readonly variant: string;
  /** Milliseconds one test may take. */
  readonly timeout: number;
  readonly areas: readonly Area<Fixture>[];
  /** Capabilities the implementation declares to lack. */
  readonly missing: ReadonlySet<string>;
  /** Prepares a fixture, runs with it and releases it. */
  readonly withFixture: (run: Run<Fixture>) => Promise<void>;
}

/** Registers the areas as vitest tests; the requirement id ends each title. */
export function describeAreas<Fixture>(conformance: Conformance<Fixture>): void {
  const { suite, variant, timeout, areas, missing, withFixture } = conformance;
  describe(`${suite}: ${variant}`, () => {
    for (const { name, cases } of areas) {
      describe(name, () => {
        for (const { requirement, title, run, without } of cases) {
          const lacks = without !== undefined && missing.has(without.capability);
          const said = lacks ? `${title}, without ${without.capability}` : title;
          const options: TestOptions = { timeout, meta: { conformance: { suite, variant, requirement } } };
          test(`${said} [${requirement}]`, options, () => withFixture(lacks ? without.run : run));
        }
      });
    }
  });
}
