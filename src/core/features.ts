import type { RecordTraits } from "./recall-index.ts";
import type { MemoryRecord } from "./record.ts";

/** What most recalls filter by, and what few records differ in. */
export const GROUP_FIELDS = [
  "type",
  "namespace",
  "userId",
  "agentId",
  "validFrom",
  "validTo",
  "expiresAt",
] as const;

/** The fields of a record that tell its group. */
export type GroupFields = Pick<MemoryRecord, (typeof GROUP_FIELDS)[number]>;

/** What an index knows of a record beside its id and its vector. */
export interface Features {
  /** Analysed words, in order. */
  readonly terms: readonly string[];
  readonly traits: Omit<RecordTraits, "id">;
  readonly group: GroupFields;
}

/*
 * The form, little-endian: 64-bit floats time, createdAt and importance; 32-bit numbers flags, count of words, bytes of speaker and
 * bytes of session; two 32-bit numbers for each word; then speaker, session and group as UTF-8. Whoever changes it gives
 * the analyser another id.
 */
const FLOATS = 3;
const HEADER = FLOATS * 8 + 4 * 4;
const HASH_BYTES = 8;

const ASKS = 1;
const TELLS_TIME = 2;
const SPOKEN = 4;
const IN_SESSION = 8;
const INSTRUCTS = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Packs what recall wants to know of a record, so that an index can be filled from it without reading the record. */
export function packFeatures({ terms, traits, group }: Features): Uint8Array {
  const speaker = encoder.encode(traits.speaker ?? "");
  const session = encoder.encode(traits.session ?? "");
  const fields = encoder.encode(JSON.stringify(GROUP_FIELDS.map((field) => group[field])));
  const textsAt = HEADER + terms.length * HASH_BYTES;
  const bytes = new Uint8Array(textsAt + speaker.length + session.length + fields.length);
  new Float64Array(bytes.buffer, 0, FLOATS).set([traits.time, traits.createdAt, traits.importance]);
  const flags =
    (traits.asks ? ASKS : 0) |
    (traits.tellsTime ? TELLS_TIME : 0) |
    (traits.instructs ? INSTRUCTS : 0) |
    (traits.speaker === null ? 0 : SPOKEN) |
    (traits.session === null ? 0 : IN_SESSION);
  new Uint32Array(bytes.buffer, FLOATS * 8, 4).set([flags, terms.length, speaker.length, session.length]);
  const hashes = new Uint32Array(bytes.buffer, HEADER, terms.length * 2);
  terms.forEach((term, index) => {
    hashTerm(term, hashes, index * 2);
  });
  bytes.set(speaker, textsAt);
  bytes.set(session, textsAt + speaker.length);
  bytes.set(fields, textsAt + speaker.length + session.length);
  return bytes;
}

/** Reads what `packFeatures` packed, part by part, wherever the bytes lie. Texts are given as UTF-8. */
export class PackedFeatures {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** How many words. */
  readonly count: number;
  /** Where the speaker begins, up to the session, then the session, up to the group, and the group, up to the end. */
  readonly speakerAt: number;
  readonly sessionAt: number;
  readonly groupAt: number;
  readonly #flags: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#flags = this.view.getUint32(FLOATS * 8, true);
    this.count = this.view.getUint32(FLOATS * 8 + 4, true);
    this.speakerAt = HEADER + this.count * HASH_BYTES;
    this.sessionAt = this.speakerAt + this.view.getUint32(FLOATS * 8 + 8, true);
    this.groupAt = this.sessionAt + this.view.getUint32(FLOATS * 8 + 12, true);
  }

  /** Where in the view the hashes of the words begin, in order: two 32-bit numbers for each, see `hashTerm`. */
  get hashesAt(): number {
    return HEADER;
  }

  get time(): number {
    return this.view.getFloat64(0, true);
  }

  get createdAt(): number {
    return this.view.getFloat64(8, true);
  }

  get importance(): number {
    return this.view.getFloat64(16, true);
  }

  get asks(): boolean {
    return (this.#flags & ASKS) !== 0;
  }

  get tellsTime(): boolean {
    return (this.#flags & TELLS_TIME) !== 0;
  }

  get instructs(): boolean {
    return (this.#flags & INSTRUCTS) !== 0;
  }

  /** False: the speaker is nobody. */
  get isSpoken(): boolean {
    return (this.#flags & SPOKEN) !== 0;
  }

  /** False: there is no session. */
  get isInSession(): boolean {
    return (this.#flags & IN_SESSION) !== 0;
  }

  get speaker(): Uint8Array | null {
    return this.isSpoken ? this.bytes.subarray(this.speakerAt, this.sessionAt) : null;
  }

  get session(): Uint8Array | null {
    return this.isInSession ? this.bytes.subarray(this.sessionAt, this.groupAt) : null;
  }

  /** The fields of its group: the same bytes for the same fields, see `readGroup`. */
  get group(): Uint8Array {
    return this.bytes.subarray(this.groupAt);
  }
}

/** The fields of a group. */
export function readGroup(group: Uint8Array): GroupFields {
  const values = JSON.parse(decoder.decode(group)) as unknown[];
  return Object.fromEntries(
    GROUP_FIELDS.map((field, index) => [field, values[index]]),
  ) as unknown as GroupFields;
}

/**
 * Writes 64 bits that stand for a term as two numbers into `into`: among a million different terms two share theirs with a
 * probability of 1 in 30 million.
 */
export function hashTerm(term: string, into: Uint32Array, at: number): void {
  let [low, high] = [0x9747b28c, 0x3c6ef372];
  for (let index = 0; index < term.length; index++) {
    const unit = term.charCodeAt(index);
    low = Math.imul(((low << 13) | (low >>> 19)) ^ unit, 0x9e3779b1);
    // With the other half mixed in, what is lost in one is not lost in both.
    high = Math.imul(((high << 7) | (high >>> 25)) ^ unit, 0x85ebca77) ^ low;
  }
  into[at] = scatter(low ^ term.length);
  into[at + 1] = scatter(high ^ Math.imul(low, 0xc2b2ae3d));
}

/** Lets every bit of a number have a say in every bit of the result. */
function scatter(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x7feb352d);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x846ca68b);
  return bits ^ (bits >>> 16);
}
