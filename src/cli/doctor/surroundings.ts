import { createServer } from "node:net";
import { SETTING_NAMES, type SettingName } from "../../config/definitions.ts";
import { embedderName, openEmbedder } from "../../config/options.ts";
import { type Settings, unknownVariables } from "../../config/settings.ts";
import { ValidationError } from "../../core/errors.ts";
import { nodeProblem } from "../../core/node-version.ts";
import { openConnection } from "../../stores/sqlite/driver.ts";
import { type Check, ok, problem, warning } from "./finding.ts";

export const checkNode: Check = async () => {
  const { node } = process.versions;
  const found = nodeProblem(node);
  return [found === null ? ok("node", `Node ${node}.`) : problem("node", `Node ${node} is too old.`, found)];
};

export const checkSqlite: Check = async () => {
  const connection = openConnection(":memory:", { readOnly: false });
  try {
    const version = connection.get<{ version: string }>("SELECT sqlite_version() AS version")?.version ?? "?";
    const options = connection.all<{ compile_options: string }>("PRAGMA compile_options");
    const fullText = options.some((option) => option.compile_options === "ENABLE_FTS5");
    return [ok("sqlite", `SQLite ${version}, ${fullText ? "with" : "without"} full-text search (FTS5).`)];
  } finally {
    connection.close();
  }
};

export const checkSettings: Check = async ({ settings, environment }) => {
  const bad = SETTING_NAMES.flatMap((name) => {
    const fault = faultOf(settings, name);
    return fault === null
      ? []
      : [problem("settings", `${fault}.`, "Correct it, or take it away for the default.")];
  });
  const unknown = unknownVariables(environment).map((name) =>
    warning(
      "settings",
      `${name} in the environment is no setting of Memoir, so it has no effect.`,
      "Check its spelling: docs/configuration.md lists every setting.",
    ),
  );
  const found = [...bad, ...unknown];
  return found.length > 0 ? found : [ok("settings", "All settings can be read.")];
};

/** What is wrong with the value of a setting; null when nothing is. */
function faultOf(settings: Settings, name: SettingName): string | null {
  try {
    settings.get(name);
    return null;
  } catch (error) {
    if (error instanceof ValidationError) return error.message;
    throw error;
  }
}

export const checkEmbedder: Check = async ({ settings }) => {
  const { value, source } = embedderName(settings);
  const embedder = await openEmbedder(settings);
  if (embedder.wordsOnly) return [ok("embedder", `${value} (${source}): search goes by words alone.`)];
  const [vector] = await embedder.embed(["memory"]);
  if (vector?.length !== embedder.dimensions || vector.every((element) => element === 0))
    return [
      problem(
        "embedder",
        `The embedder ${value} gives no vectors.`,
        "Its model is damaged: install it again.",
      ),
    ];
  return [ok("embedder", `${value} (${source}): ${embedder.id}, ${embedder.dimensions} dimensions.`)];
};

/** Whether a server could listen where `memoir serve` would. */
export const checkPort: Check = async ({ settings }) => {
  // Said already.
  if (faultOf(settings, "host") !== null || faultOf(settings, "port") !== null) return [];
  const [host, port] = [settings.get("host").value, settings.get("port").value];
  const place = `${host}:${port}`;
  const refusal = await listenOnce(host, port);
  if (refusal === null) return [ok("port", `A server can listen on ${place}.`)];
  if (refusal.code !== "EADDRINUSE")
    return [
      problem(
        "port",
        `No server can listen on ${place}: ${refusal.message}.`,
        "Choose another --host or --port.",
      ),
    ];
  return [
    warning(
      "port",
      `${place} is in use, by a Memoir server or another program.`,
      "Nothing to do if that is your server; else choose another --port.",
    ),
  ];
};

function listenOnce(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}
