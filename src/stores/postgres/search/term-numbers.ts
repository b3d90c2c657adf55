import { hashTerm } from "../../../core/features.ts";

/** A term as `terms_of` in the database has it before it is mixed with the tenant's own number: the lower half of its hash. */
export function termNumber(term: string): number {
  const hash = new Uint32Array(2);
  hashTerm(term, hash, 0);
  return (hash[0] ?? 0) | 0;
}
