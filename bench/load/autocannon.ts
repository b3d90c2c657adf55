/** The part of autocannon that the benchmark uses. */
export type Autocannon = (options: {
  readonly url: string;
  readonly connections: number;
  /** Seconds. */
  readonly duration: number;
  readonly setupClient: (client: { setRequests(requests: readonly LoadRequest[]): void }) => void;
}) => Promise<LoadResult>;

export interface LoadRequest {
  readonly method: "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadResult {
  readonly requests: { readonly average: number };
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}

/** Loads autocannon, which is there once the folder's packages are installed. */
export async function loadAutocannon(): Promise<Autocannon> {
  const name: string = "autocannon";
  const { default: autocannon } = (await import(name)) as { default: Autocannon };
  return autocannon;
}
