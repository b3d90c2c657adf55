import { createHash, randomBytes } from "node:crypto";
import { type ChangeWatch, WakingWatch } from "../../../core/change-watch.ts";
import { type Logger, silentLogger } from "../../../core/logger.ts";
import type { Driver } from "../driver.ts";
import { Gathered } from "./gathered.ts";
import { Listener } from "./listener.ts";

/** Hints for one tenant come at most so often, in milliseconds: a busy tenant must not keep its followers asking all the time. */
const INTERVAL = 50;

export interface ChangeHintsOptions {
  readonly driver: Driver;
  readonly schema: string;
  readonly logger?: Logger;
}

/**
 * Wakes those who follow the change feed, in this process at once and in others by NOTIFY, which is heard as long as somebody follows.
 * It never says what has changed: the feed does.
 *
 * The notification is sent after the commit and not with it. A transaction that notifies holds a lock of the whole database server
 * while it commits, flushing included, so that tenants would wait for each other. One that does nothing else has nothing to flush. It also
 * costs the writer nothing to wait for, and many writes share one. What is lost when the process dies between is found by looking.
 */
export class ChangeHints {
  /** By the hash of their tenant, since every role of the database may listen and should not learn names. */
  readonly #watches = new Map<string, Set<WakingWatch>>();
  readonly #waking = new Gathered((tenants) => this.#wake(tenants), INTERVAL);
  readonly #telling: Gathered | undefined;
  readonly #listener: Listener | undefined;
  /** Of the tenant that changed last, which is likely to change next. */
  #last = { tenant: "", hashed: hash("") };
  #closed = false;

  /** @param options left out: nobody is told outside this process, and nobody heard. */
  constructor(options?: ChangeHintsOptions) {
    if (!options?.driver.listen) return;
    const { driver, schema, logger = silentLogger } = options;
    const channel = `memoir_changes_${hash(schema)}`;
    // By it a handle knows its own words.
    const sender = randomBytes(6).toString("hex");
    this.#telling = new Gathered(async (tenants) => {
      const payloads = tenants.map((tenant) => `${sender} ${tenant}`);
      const text = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";
      try {
        await driver.flight([{ text, values: [channel, payloads] }]);
      } catch (error) {
        logger.info({ reason: (error as Error).message }, "followers were not told of a change");
      }
    }, INTERVAL);
    this.#listener = new Listener({
      driver,
      channel,
      logger,
      // What happened before is not heard.
      listening: () => this.#wake([...this.#watches.keys()]),
      heard: (payload) => {
        const [from, tenant = ""] = payload.split(" ");
        if (from !== sender && this.#watches.has(tenant)) this.#waking.add(tenant);
      },
    });
  }

  /** Something of a tenant was changed, and is committed. */
  changed(tenant: string): void {
    if (this.#last.tenant !== tenant) this.#last = { tenant, hashed: hash(tenant) };
    const { hashed } = this.#last;
    if (this.#watches.has(hashed)) this.#waking.add(hashed);
    this.#telling?.add(hashed);
  }

  watch(tenant: string): ChangeWatch {
    const hashed = hash(tenant);
    const watch = new WakingWatch();
    const watches = this.#watches.get(hashed) ?? new Set();
    this.#watches.set(hashed, watches.add(watch));
    if (this.#closed) watch.close();
    return {
      next: (milliseconds, signal) => {
        // Whoever only reads what is there needs no connection.
        if (!this.#closed && watches.has(watch)) this.#listener?.start();
        return watch.next(milliseconds, signal);
      },
      close: () => {
        watch.close();
        watches.delete(watch);
        if (watches.size === 0) this.#watches.delete(hashed);
        if (this.#watches.size === 0) void this.#listener?.stop();
      },
    };
  }

  /** Ends all waits, and tells others what they were not yet told. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const watches of this.#watches.values()) for (const watch of watches) watch.close();
    await Promise.all([this.#listener?.stop(), this.#telling?.close(), this.#waking.close()]);
  }

  #wake(tenants: readonly string[]): void {
    for (const tenant of tenants) for (const watch of this.#watches.get(tenant) ?? []) watch.wake();
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
