import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { openConnection } from "../../stores/sqlite/driver.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../stores/sqlite/migrations.ts";
import { type Check, type CheckContext, type Finding, ok, problem, warning } from "./finding.ts";

const MEGABYTE = 1_000_000;

/** The file of the configured store; null when the store is none on this machine's disk. */
function dataFile({ settings }: CheckContext): string | null {
  const { value } = settings.storeUrl();
  const path = value.startsWith("sqlite:") ? value.slice("sqlite:".length) : "";
  return path === "" || path === ":memory:" ? null : resolve(path);
}

export const checkFolder: Check = async (context) => {
  const file = dataFile(context);
  if (file === null) return [];
  const folder = dirname(file);
  const found = await stat(folder).catch(() => null);
  if (found === null)
    return [
      ok("folder", `${folder} is not there yet; the first write makes it.`),
      ...(await checkSpace(folder)),
    ];
  if (!found.isDirectory())
    return [problem("folder", `${folder} is no folder.`, "Name another one with --data.")];
  const usable = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!usable)
    return [
      problem("folder", `You may not write in ${folder}.`, `Run: chown "$USER" and chmod u+rwx on ${folder}`),
    ];
  return [ok("folder", `${folder} is there and may be written to.`), ...(await checkSpace(folder))];
};

/** Where what teams of agents have done is to go. */
export const checkExecutions: Check = async ({ settings }) => {
  const { value, source } = settings.executionsFolder();
  const folder = resolve(value);
  const found = await stat(folder).catch(() => null);
  if (found !== null && !found.isDirectory())
    return [
      problem(
        "executions",
        `${folder} (${source}) is no folder.`,
        "Name another one in MEMORY_EXECUTION_RECORDS_DIR.",
      ),
    ];
  return [ok("executions", `${folder} (${source}) is for execution records; nothing writes any yet.`)];
};

/** File systems across a network, on which SQLite's locks are not dependable. From statfs(2). */
const NETWORKS = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB 2"],
]);

async function checkSpace(folder: string): Promise<Finding[]> {
  const disk = await statfs(await firstExisting(folder));
  const free = Math.floor((disk.bavail * disk.bsize) / MEGABYTE);
  const network = NETWORKS.get(disk.type);
  const space =
    free < 50
      ? problem("disk", `Only ${free} MB are free.`, "Make room: the next writes will fail.")
      : free < 500
        ? warning("disk", `Only ${free} MB are free.`, "Make room before writes fail.")
        : ok("disk", `${free} MB are free.`);
  const remote = warning(
    "disk",
    `The folder lies on a network file system (${network}), where several processes can damage the file.`,
    "Keep the data on a local disk, and share it with `memoir serve`.",
  );
  return network === undefined ? [space] : [space, remote];
}

async function firstExisting(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  return there || dirname(folder) === folder ? folder : firstExisting(dirname(folder));
}

/** What the store's file is, as far as can be told without opening the store, which might change the file. */
type FileState =
  | { readonly kind: "none" | "absent" | "empty" | "noFile" | "damaged" }
  | {
      readonly kind: "database";
      readonly owner: number;
      readonly schema: number;
      readonly journal: string;
      readonly mode: number;
      readonly size: number;
    };

async function fileState(context: CheckContext): Promise<FileState> {
  const file = dataFile(context);
  if (file === null) return { kind: "none" };
  const found = await stat(file).catch(() => null);
  if (found === null) return { kind: "absent" };
  if (!found.isFile()) return { kind: "noFile" };
  if (found.size === 0) return { kind: "empty" };
  const connection = openConnection(file, { readOnly: true });
  try {
    return {
      kind: "database",
      owner: connection.get<{ application_id: number }>("PRAGMA application_id")?.application_id ?? 0,
      schema: connection.get<{ user_version: number }>("PRAGMA user_version")?.user_version ?? 0,
      journal: connection.get<{ journal_mode: string }>("PRAGMA journal_mode")?.journal_mode ?? "?",
      mode: found.mode,
      size: found.size,
    };
  } catch {
    // SQLite's own words differ with the kind of damage and help nobody.
    return { kind: "damaged" };
  } finally {
    connection.close();
  }
}

/** Whether opening the store changes nothing: it is no file, or one of this very schema. */
export async function canBeOpened(context: CheckContext): Promise<boolean> {
  const state = await fileState(context);
  if (state.kind !== "database") return state.kind === "none";
  return state.owner === APPLICATION_ID && state.schema === MIGRATIONS.length;
}

export const checkFile: Check = async (context) => {
  const file = dataFile(context);
  const state = await fileState(context);
  const elsewhere = "Name another one with --data or --store.";
  switch (state.kind) {
    case "none":
      return [];
    case "absent":
    case "empty":
      return [
        ok("file", `${file} ${state.kind === "empty" ? "is empty" : "is not there yet"}: nothing is stored.`),
      ];
    case "noFile":
      return [problem("file", `${file} is no file.`, elsewhere)];
    case "damaged":
      return [problem("file", `${file} is no database, or a damaged one.`, `Restore a backup. ${elsewhere}`)];
    case "database":
      if (state.owner !== APPLICATION_ID)
        return [problem("file", `${file} is a database of another application.`, elsewhere)];
      return describeDatabase(String(file), state);
  }
};

function describeDatabase(file: string, state: Extract<FileState, { kind: "database" }>): Finding[] {
  const { schema, journal, mode, size } = state;
  if (schema > MIGRATIONS.length)
    return [
      problem(
        "schema",
        `${file} has schema version ${schema}; this release knows versions up to ${MIGRATIONS.length}.`,
        "Install the newer release that wrote it.",
      ),
    ];
  const open = process.platform !== "win32" && (mode & 0o077) !== 0;
  return [
    open
      ? warning("file", `${file} can be read by other users of this machine.`, `Run: chmod 600 ${file}*`)
      : ok("file", `${file}, ${(size / MEGABYTE).toFixed(1)} MB.`),
    schema < MIGRATIONS.length
      ? warning(
          "schema",
          `The schema has version ${schema} and will be brought to ${MIGRATIONS.length}.`,
          "Nothing to do: the next command does it. Copy the file before, if you may want to go back.",
        )
      : ok("schema", `The schema has version ${schema}, the newest.`),
    journal === "wal"
      ? ok("journal", "The journal is a write-ahead log.")
      : warning(
          "journal",
          `The journal mode is ${journal}, so readers and writers wait for each other.`,
          "Nothing to do: the next command sets it to WAL.",
        ),
  ];
}
