import type { MemoryRecord } from "../core/record.ts";
import { toMilliseconds } from "../core/time.ts";
import type { BackgroundWork } from "./background.ts";
import { type EmbeddedParts, present } from "./parts.ts";

/** An access counts only when the last one is so long ago, in seconds, so that reading does not become writing. */
const COUNTED_AFTER = 900;

/** Milliseconds between two writes: what is found meanwhile is counted together, or each search would cost a write. */
const INTERVAL = 250;

/** Counts accesses of records in the background: at once when it is quiet, many together when it is not. */
export class AccessCounter {
  readonly #parts: EmbeddedParts;
  readonly #background: BackgroundWork;
  /** Ids that wait to be counted, by tenant. */
  readonly #waiting = new Map<string, Set<string>>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(parts: EmbeddedParts, background: BackgroundWork) {
    this.#parts = parts;
    this.#background = background;
  }

  count(tenant: string, records: readonly MemoryRecord[]): void {
    const since = this.#parts.clock.now() - COUNTED_AFTER * 1000;
    const stale = records.filter(({ lastAccessedAt }) => toMilliseconds(lastAccessedAt) <= since);
    if (stale.length === 0) return;
    const ids = this.#waiting.get(tenant) ?? new Set();
    for (const { id } of stale) ids.add(id);
    this.#waiting.set(tenant, ids);
    if (this.#timer === null) this.#write();
  }

  /** Counts what still waits, and stops. */
  close(): void {
    this.#write();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.size === 0) return;
    for (const [tenant, ids] of this.#waiting)
      this.#background.run("count accesses", () =>
        this.#parts.records.touch(tenant, [...ids], present(this.#parts)),
      );
    this.#waiting.clear();
    this.#timer = setTimeout(() => this.#write(), INTERVAL);
    // A program that has nothing else to do must be able to end.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
