/** The table of settings in docs/configuration.md, made of their definitions; a test compares it with the page. */
import { SETTING_NAMES, SETTINGS } from "../src/config/definitions.ts";

const HEAD = "| in a file | flag | environment | decides | default |\n|---|---|---|---|---|";

export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { flag, variable, meaning, fallback } = SETTINGS[name];
    const shown = fallback === null ? "none" : `\`${fallback}\``;
    return `| \`${name}\` | ${flag === null ? "" : `\`${flag}\``} | \`${variable}\` | ${meaning} | ${shown} |`;
  });
  return `${[HEAD, ...rows].join("\n")}\n`;
}

if (import.meta.main) process.stdout.write(settingsTable());
