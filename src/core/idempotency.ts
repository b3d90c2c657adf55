/**
 * A write that is repeated with the same key does nothing and gives the first answer again; the same key with another
 * fingerprint is refused.
 */
export interface Idempotency {
  readonly key: string;
  /** Hash of the request. */
  readonly fingerprint: string;
}
