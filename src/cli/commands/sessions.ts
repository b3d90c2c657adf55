import type { Command } from "commander";
import { NotFoundError } from "../../core/errors.ts";
import { wholeNumber } from "../option-values.ts";
import { oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

interface SessionsCommandOptions {
  readonly limit?: number;
  readonly offset?: number;
}

export function define(command: Command, act: Act): void {
  command
    .argument("[id]", "show this session")
    .option("-l, --limit <number>", "sessions on a page, at most 1000 (default 100)", wholeNumber)
    .option("-o, --offset <number>", "how many sessions to skip", wholeNumber)
    .action(act(sessions));
}

async function sessions(run: Run<SessionsCommandOptions>, given?: string): Promise<undefined> {
  const id = given ?? run.options.session;
  if (id === undefined) await listSessions(run);
  else await showSession(run, id);
}

async function listSessions(run: Run<SessionsCommandOptions>): Promise<void> {
  const { output, signal } = run;
  const { limit, offset } = run.options;
  const memory = await run.scoped();
  const page = await memory.sessions({
    signal,
    ...(limit !== undefined && { limit }),
    ...(offset !== undefined && { offset }),
  });
  if (output.json) return output.value(page);
  const rows = page.sessions.map((session) => [
    session.updatedAt.slice(0, 19).replace("T", " "),
    String(session.messageCount),
    oneLine(session.namespace ?? "-"),
    oneLine(session.userId ?? "-"),
    oneLine(session.sessionId),
  ]);
  await output.table(["UPDATED", "MESSAGES", "NAMESPACE", "USER", "SESSION"], rows);
  await output.line(output.styled("dim", `${page.sessions.length} of ${page.total}`));
}

async function showSession(run: Run<SessionsCommandOptions>, id: string): Promise<void> {
  const { output, signal } = run;
  const memory = await run.memory();
  const { namespace, user } = run.options;
  const known = {
    ...(namespace !== undefined && { namespace }),
    ...(user !== undefined && { userId: user }),
  };
  const { tenant } = memory.currentScope;
  const key = await memory.operations.findSession(tenant, id, known, { signal });
  const session = key && (await memory.operations.readSession(key, { signal }));
  if (!session)
    throw new NotFoundError(
      "session_not_found",
      `There is no session ${JSON.stringify(id)} here, or several that --namespace and --user must tell apart.`,
      { details: { id } },
    );
  if (output.json) return output.value(session);
  const newest = run.settings.get("maxConversationHistory").value;
  const earlier = Math.max(0, session.messages.length - newest);
  if (earlier > 0) await output.line(output.styled("dim", `${earlier} earlier messages; --json has all`));
  for (const message of session.messages.slice(earlier)) {
    const who = output.styled("bold", oneLine(message.name ?? message.role));
    await output.line(`${output.styled("dim", message.createdAt)} ${who}  ${oneLine(message.content)}`);
  }
  if (session.context !== null) await output.line(`summary  ${oneLine(session.context)}`);
  for (const [name, value] of Object.entries({ ...session.data, ...session.lists }))
    await output.line(`${oneLine(name)}  ${oneLine(JSON.stringify(value))}`);
}
