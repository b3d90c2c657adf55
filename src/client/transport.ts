import { fillPath, ROUTES, type RouteName, TENANT_HEADER } from "../contract/routes.ts";
import { MemoirError, StoreError } from "../core/errors.ts";
import { errorFromAnswer } from "./errors.ts";

/** How a server is called. */
export interface ClientOptions {
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Milliseconds a call may take, its retries included. Default 30,000. */
  readonly timeout?: number;
  /** How often a call that failed for the moment is tried again. Default 3. */
  readonly retries?: number;
  /** Milliseconds before the first retry; each further one waits twice as long. Default 100. */
  readonly backoff?: number;
}

/** One request, before it is a URL. */
export interface Outgoing {
  readonly tenant?: string;
  readonly path?: Readonly<Record<string, string>>;
  /** Values that are null or undefined are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Makes a write safe to repeat: the server does it once. */
  readonly idempotencyKey?: string;
  /** True for a call that changes nothing, or that does the same when repeated. */
  readonly repeatable?: boolean;
}

/** Sends requests to one server and repeats those that may be repeated. */
export class Transport {
  readonly #base: string;
  readonly #options: ClientOptions;
  #closed = false;

  constructor(url: string, options: ClientOptions) {
    this.#base = url.replace(/[/?#]*$/, "");
    this.#options = options;
  }

  /**
   * Calls an operation and gives the JSON of its answer.
   * @throws the error the server answered with, `server_unreachable`, `timed_out`, or the reason of the signal.
   */
  async call<Answer>(route: RouteName, outgoing: Outgoing): Promise<Answer> {
    const { timeout = 30_000, retries = 3, backoff = 100 } = this.#options;
    const deadline = AbortSignal.timeout(timeout);
    const repeatable = outgoing.repeatable === true || outgoing.idempotencyKey !== undefined;
    for (let attempt = 0; ; attempt++) {
      outgoing.signal?.throwIfAborted();
      try {
        return await this.#once<Answer>(route, outgoing, deadline);
      } catch (error) {
        if (!MemoirError.is(error) || !error.retryable || !repeatable || attempt >= retries) throw error;
        if (deadline.aborted) throw error;
        await pause(waitBefore(attempt, backoff, error), deadline, outgoing.signal);
      }
    }
  }

  async #once<Answer>(route: RouteName, outgoing: Outgoing, deadline: AbortSignal): Promise<Answer> {
    const response = await this.open(route, outgoing, deadline);
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw this.#failure(error, deadline, outgoing.signal);
    }
    if (!response.ok) throw errorFromAnswer(response, text);
    try {
      return JSON.parse(text) as Answer;
    } catch (error) {
      throw new MemoirError("server_unreachable", `${this.#base} does not answer in JSON`, { cause: error });
    }
  }

  /** From now on every call is refused. */
  close(): void {
    this.#closed = true;
  }

  /** Sends one request and gives the response as soon as its head is there. */
  async open(route: RouteName, outgoing: Outgoing, deadline: AbortSignal): Promise<Response> {
    if (this.#closed) throw new StoreError("store_closed", "This memory was closed.");
    const [method] = ROUTES[route];
    const send = this.#options.fetch ?? globalThis.fetch;
    const signal = outgoing.signal ? AbortSignal.any([deadline, outgoing.signal]) : deadline;
    try {
      return await send(this.#url(route, outgoing), {
        method,
        headers: this.#headers(outgoing),
        signal,
        ...(outgoing.body !== undefined && { body: JSON.stringify(outgoing.body) }),
      });
    } catch (error) {
      throw this.#failure(error, deadline, outgoing.signal);
    }
  }

  #failure(error: unknown, deadline: AbortSignal, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (deadline.aborted)
      return new MemoirError("timed_out", `${this.#base} did not answer in time`, { cause: error });
    return new MemoirError("server_unreachable", `Cannot reach ${this.#base}`, { cause: error });
  }

  #url(route: RouteName, { path = {}, query = {} }: Outgoing): URL {
    const [, template] = ROUTES[route];
    const url = new URL(this.#base + fillPath(template, path));
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  #headers({ tenant, headers, body, idempotencyKey }: Outgoing): Record<string, string> {
    const { token } = this.#options;
    return {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(tenant !== undefined && { [TENANT_HEADER]: encodeURIComponent(tenant) }),
      ...(idempotencyKey !== undefined && { "idempotency-key": encodeURIComponent(idempotencyKey) }),
      ...headers,
    };
  }
}

/** Twice as long each time, never all clients at once, and as long as the server asks for. */
function waitBefore(attempt: number, backoff: number, error: MemoirError): number {
  const asked = Number(error.details["retryAfter"] ?? 0) * 1000;
  return Math.max(asked, backoff * 2 ** attempt * (0.5 + Math.random() / 2));
}

/** Waits, unless the deadline comes first (then the next attempt says so) or the caller gives up. */
export function pause(
  milliseconds: number,
  deadline: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      deadline.removeEventListener("abort", finish);
      signal?.removeEventListener("abort", finish);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    deadline.addEventListener("abort", finish);
    signal?.addEventListener("abort", finish);
    if (deadline.aborted || signal?.aborted) finish();
  });
}
