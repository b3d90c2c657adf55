import { deadLetters, retries } from "./jobs/failing.ts";
import { JobFixture, type JobQueueSubject } from "./jobs/fixture.ts";
import { draining, leases, schedules } from "./jobs/lasting.ts";
import { keys, running } from "./jobs/running.ts";
import { type Area, describeAreas } from "./suite.ts";

export type { JobCapabilities, JobQueueSubject } from "./jobs/fixture.ts";

/** Every behaviour a job queue must have. */
export const JOB_AREAS: readonly Area<JobFixture>[] = [
  running,
  keys,
  retries,
  deadLetters,
  leases,
  draining,
  schedules,
];

/**
 * Verifies that a queue on a job store keeps the contract of `JobQueue`: call it in a vitest file.
 *
 * @example
 * describeJobQueue({
 *   name: "acme",
 *   open: () => openAcmeJobStore({ url }),
 *   reset: () => dropEverything(url),
 * });
 */
export function describeJobQueue(subject: JobQueueSubject): void {
  const { name, timeout = 60_000, capabilities = {} } = subject;
  describeAreas({
    suite: "jobs",
    variant: name,
    timeout,
    areas: JOB_AREAS,
    missing: new Set(capabilities.clock === false ? ["clock"] : []),
    withFixture: (run) => JobFixture.run(subject, run),
  });
}
