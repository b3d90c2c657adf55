import type { Command } from "commander";
import { MemoirError } from "../../core/errors.ts";
import { checkExecutions, checkFile, checkFolder } from "../doctor/data.ts";
import { type Check, type CheckContext, type Finding, problem } from "../doctor/finding.ts";
import { checkRedis } from "../doctor/redis.ts";
import { checkServer, checkStore } from "../doctor/store.ts";
import { checkEmbedder, checkNode, checkPort, checkSettings, checkSqlite } from "../doctor/surroundings.ts";
import { exitCode } from "../exit-codes.ts";
import { type Output, oneLine } from "../output.ts";
import type { Act, Outcome, Run } from "../run.ts";

export function define(command: Command, act: Act): void {
  command
    .addHelpText("after", "\nNothing is changed. The exit code is 1 when there is a problem.")
    .action(act(doctor));
}

/** In this order: what is found early explains what is found late. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["node", checkNode],
  ["sqlite", checkSqlite],
  ["settings", checkSettings],
  ["embedder", checkEmbedder],
  ["folder", checkFolder],
  ["executions", checkExecutions],
  ["file", checkFile],
  ["store", checkStore],
  ["redis", checkRedis],
  ["server", checkServer],
  ["port", checkPort],
];

async function doctor({ output, settings, signal }: Run): Promise<Outcome> {
  const context: CheckContext = { settings, environment: process.env, signal };
  const findings: Finding[] = [];
  for (const [name, check] of CHECKS) {
    signal.throwIfAborted();
    const found = await look(name, check, context);
    findings.push(...found);
    if (!output.json) for (const finding of found) await show(finding, output);
  }
  const count = (status: Finding["status"]) => findings.filter((finding) => finding.status === status).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (output.json) await output.value({ problems, warnings, findings });
  else await output.line(`${problems} problems, ${warnings} warnings`);
  return problems > 0 ? exitCode("failed") : undefined;
}

async function look(name: string, check: Check, context: CheckContext): Promise<Finding[]> {
  try {
    return await check(context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const remedy = !MemoirError.is(error)
      ? "Check the file or folder it names."
      : error.code === "store_failed"
        ? "Restore a backup, or save what is left with `memoir export`."
        : error.remedy;
    return [problem(name, /[.!?]$/.test(message) ? message : `${message}.`, remedy)];
  }
}

const MARKS = {
  ok: ["green", "ok"],
  warning: ["yellow", "warning"],
  problem: ["red", "problem"],
} as const;

async function show(finding: Finding, output: Output): Promise<void> {
  const [style, mark] = MARKS[finding.status];
  const head = `${output.styled(style, mark.padEnd(8))} ${finding.check.padEnd(11)}`;
  await output.line(`${head}${oneLine(finding.message)}`);
  if (finding.remedy !== null) await output.line(`${" ".repeat(20)}${oneLine(finding.remedy)}`);
}
