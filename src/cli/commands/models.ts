import { Argument, type Command } from "commander";
import { PULLABLE_MODELS, type PullableModel } from "../../embedders/models.ts";
import { pullModel } from "../../embedders/pull-model.ts";
import { showProgress } from "../progress.ts";
import type { Act, Run } from "../run.ts";

interface PullCommandOptions {
  readonly from?: string;
  readonly to?: string;
}

export function define(command: Command, act: Act): void {
  command
    .command("pull")
    .description("Fetch a model that the package does not contain")
    .addArgument(new Argument("<model>", "model to fetch").choices(PULLABLE_MODELS))
    .option("--from <url>", "where the folder models of Memoir's repository is, for example a mirror")
    .option("--to <dir>", "folder for the model (default: where it is looked for)")
    .action(act(pull));
}

async function pull(run: Run<PullCommandOptions>, model: PullableModel): Promise<undefined> {
  const { output, signal } = run;
  const { from, to } = run.options;
  const progress = showProgress(output, model, 100);
  const folder = await pullModel(model, {
    signal,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    onProgress: (share) => progress.at(share * 100),
  }).finally(() => progress.end());
  if (output.json) await output.value({ model, folder });
  else await output.line(folder);
  return undefined;
}
