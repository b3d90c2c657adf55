/**
 * Keeps Node quiet about parts of it that it calls experimental, such as `node:sqlite` in Node 22: whoever runs a command
 * can do nothing about it, and programs read what is on stderr.
 */
export function silenceExperimentalWarnings(): void {
  const emit = process.emitWarning as (warning: string | Error, ...rest: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const [kind] = rest;
    const name = typeof kind === "object" && kind !== null && "type" in kind ? kind.type : kind;
    if (name !== "ExperimentalWarning") emit.call(process, warning, ...rest);
  };
}
