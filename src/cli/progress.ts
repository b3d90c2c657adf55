import { Presets, SingleBar } from "cli-progress";
import type { Output } from "./output.ts";

/** Shows how far something is. */
export interface Progress {
  /** @param done how much of the total is done by now */
  at(done: number): void;
  /** Removes what was shown. */
  end(): void;
}

const SILENT: Progress = { at() {}, end() {} };

/** A bar on stderr while a person watches and the total is known; nothing otherwise. */
export function showProgress(output: Output, label: string, total: number | null): Progress {
  if (!output.watched || !total) return SILENT;
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}%  {eta_formatted} left`,
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      // Signals are the command's business.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    at: (done) => bar.update(Math.min(done, total)),
    end: () => bar.stop(),
  };
}
