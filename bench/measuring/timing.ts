/** How long one thing took, done many times: milliseconds. */
export interface Timing {
  readonly value: number;
  readonly p95: number;
  /** Processor time of this process for each, its other threads included: what a busy machine distorts least. */
  readonly cpu: number;
}

/** Collects the durations of single calls. */
export class Stopwatch {
  readonly #durations: number[] = [];
  #cpu = 0;

  async time<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    this.#durations.push(performance.now() - start);
    const { user, system } = process.cpuUsage(cpu);
    this.#cpu += (user + system) / 1000;
    return result;
  }

  /** The first one, in milliseconds. */
  get first(): number {
    return this.#durations[0] ?? 0;
  }

  /** All of them together, in milliseconds. */
  get total(): number {
    return this.#durations.reduce((sum, duration) => sum + duration, 0);
  }

  get timing(): Timing {
    const [value, p95] = [quantile(this.#durations, 0.5), quantile(this.#durations, 0.95)];
    return { value, p95, cpu: this.#cpu / (this.#durations.length || 1) };
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
