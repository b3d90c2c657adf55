import { once } from "node:events";
import type { Command } from "commander";
import { isRemote, withoutPassword } from "../../config/settings.ts";
import { systemClock } from "../../core/clock.ts";
import { ValidationError } from "../../core/errors.ts";
import { withRetention } from "../retention-options.ts";
import type { Act, Run } from "../run.ts";

export function define(command: Command, act: Act): void {
  withRetention(command)
    .option("--workers <number>", "background jobs done side by side (MEMORY_WORKERS; default 1)")
    .addHelpText("after", "\nCtrl+C waits for running jobs; what does not end in 10 seconds goes back.")
    .action(act(work));
}

async function work(run: Run): Promise<undefined> {
  const { output, settings } = run;
  const store = settings.storeUrl();
  if (isRemote(store.value))
    throw ValidationError.of(
      [store.source],
      "is a server; name the store whose jobs are to be done",
      store.value,
    );
  const { value: concurrency, source } = settings.get("workers");
  if (concurrency === 0) throw ValidationError.of([source], "must be at least 1 for a worker", 0);
  const [memory, { taskHandlers }] = await Promise.all([run.memory(), import("../../server/tasks.ts")]);
  const { jobs, operations } = memory;
  jobs.work(taskHandlers({ operations, clock: systemClock }), { concurrency });
  const place = settings.get("jobs").value ?? store.value;
  if (output.json) await output.value({ jobs: jobs.name, workers: concurrency });
  else await output.line(`Jobs      ${jobs.name}: ${withoutPassword(place)}`);
  // Workers look for jobs without keeping a program from ending; this one has nothing else to do.
  const alive = setInterval(() => {}, 3_600_000);
  if (!run.interrupted.aborted) await once(run.interrupted, "abort");
  clearInterval(alive);
  await memory.close();
}
