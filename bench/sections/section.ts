/** What a section of the benchmark is told. */
export interface SectionOptions {
  /** How many records the store holds. */
  readonly size: number;
  /** File of the store of that size. */
  readonly store: string;
  /** For files of the section's own. */
  readonly folder: string;
  /** How many times single things are done. */
  readonly repetitions: number;
  /** Seconds for things that are counted as long as they go on. */
  readonly seconds: number;
  /** Servers to measure stores on, those that can be had. */
  readonly servers: { readonly redis?: string; readonly postgres?: string };
  /** See `ByteReader`. */
  readonly reader: Uint8Array<ArrayBuffer>;
}
