import type { Command } from "commander";

/** For the commands that do the upkeep of a memory: how long its past is kept. */
export function withRetention(command: Command): Command {
  return command
    .option(
      "--changes-ttl <seconds>",
      "how far the change feed reaches back, or never (MEMORY_CHANGES_TTL; default 2592000)",
    )
    .option(
      "--versions-ttl <seconds>",
      "how far histories reach back, or never (MEMORY_VERSIONS_TTL; default never)",
    )
    .option(
      "--versions-kept <number>",
      "newest versions of a record that stay, or all (MEMORY_VERSIONS_KEPT; default all)",
    );
}
