import { hashTerm } from "../../../core/features.ts";

const BYTES = 6;

/** A term as the words of the database have it, but for the end that tells its tenant: the start of its hash. */
export function lexemeOf(term: string): string {
  const hash = new Uint32Array(2);
  hashTerm(term, hash, 0);
  return Buffer.from(hash.buffer, 0, BYTES).toString("base64");
}
