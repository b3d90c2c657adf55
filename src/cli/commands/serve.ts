import { once } from "node:events";
import { resolve } from "node:path";
import type { Command } from "commander";
import { embedderName } from "../../config/options.ts";
import { isRemote, withoutPassword } from "../../config/settings.ts";
import { ValidationError } from "../../core/errors.ts";
import { withRetention } from "../retention-options.ts";
import type { Act, Run } from "../run.ts";

interface ServeCommandOptions {
  readonly allowUnauthenticated?: boolean;
}

export function define(command: Command, act: Act): void {
  withRetention(command)
    .option("-p, --port <port>", "port to listen on, 0 for any free one (PORT; default 8000)")
    .option("--host <host>", "address to listen on (MEMORY_HOST; default 127.0.0.1, only this machine)")
    .option("--log-level <level>", "how much to log, to standard error (LOG_LEVEL; default info)")
    .option("--workers <number>", "background jobs done side by side, 0 for none (MEMORY_WORKERS; default 1)")
    .option("--allow-unauthenticated", "listen beyond this machine although no token is asked for")
    .addHelpText("after", "\nWith --token every call must bring that token. Ctrl+C stops the server cleanly.")
    .action(act(serve));
}

async function serve(run: Run<ServeCommandOptions>): Promise<undefined> {
  const { output, options, settings } = run;
  const store = settings.storeUrl();
  if (isRemote(store.value))
    throw ValidationError.of([store.source], "is a server itself; name the store to serve", store.value);
  const [{ serve: start }, { pino }] = await Promise.all([import("../../server/serve.ts"), import("pino")]);
  const token = settings.get("token").value;
  const logger = pino({ level: settings.get("logLevel").value }, pino.destination(2));
  const history = settings.get("maxConversationHistory");
  const memory = await run.memory();
  const server = await start({
    operations: memory.operations,
    host: settings.get("host").value,
    port: settings.get("port").value,
    logger,
    workers: settings.get("workers").value,
    ...(token !== null && { auth: { tokens: [token] } }),
    ...(options.allowUnauthenticated && { allowUnauthenticated: true }),
    settings: {
      longTermMemory: settings.get("longTermMemory").value,
      indexAllMessages: settings.get("indexAllMessages").value,
      requireMessageTimestamps: settings.get("requireMessageTimestamps").value,
      summarizationThreshold: settings.get("summarizationThreshold").value,
      newestMessages: history.source === "default" ? null : history.value,
    },
  });
  const embedder = embedderName(settings).value;
  const place = describeStore(store.value);
  const working = settings.workingUrl();
  const sessions = working && describeStore(working.value);
  if (output.json)
    await output.value({
      url: server.url,
      port: server.port,
      store: place,
      ...(sessions && { working: sessions }),
      embedder,
    });
  else {
    await output.line(`Address   ${server.url}${token === null ? "" : " (with token)"}`);
    await output.line(`Data      ${place}`);
    if (sessions) await output.line(`Sessions  ${sessions}`);
    await output.line(`Embedder  ${embedder}`);
  }
  if (!run.interrupted.aborted) await once(run.interrupted, "abort");
  await server.close();
}

/** The file of an SQLite store with its whole path; other stores as they are named. */
function describeStore(url: string): string {
  return url.startsWith("sqlite:") ? resolve(url.slice("sqlite:".length)) : withoutPassword(url);
}
