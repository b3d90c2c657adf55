import type { CorpusRecord } from "../corpus/corpus.ts";

/** How many results a search is asked for. */
export const WANTED = 10;

/** Something that remembers, as the comparison sees it: Memoir, or another package behind an adapter. */
export interface Peer {
  add(records: readonly CorpusRecord[]): Promise<void>;
  /** Ids of the best `WANTED` records of a user, or of all users, best first. */
  search(text: string, userId: string | null): Promise<string[]>;
}

/** What an adapter is given to open its package with. */
export interface PeerOptions {
  /** Empty, and its own. */
  readonly folder: string;
  /** Memoir's static embedder, the same for everybody. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
}

/** An adapter's only export of interest. */
export interface PeerModule {
  open(options: PeerOptions): Promise<Peer>;
}

/** Loads one of the packages of this folder; its adapter says what it uses of it. */
export async function load<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}
