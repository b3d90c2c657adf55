import type { IndexedRecord } from "../../core/recall-index.ts";

/** Index entries as one thread hands them to another: few pieces of memory, which are passed on without a copy. */
export interface PackedPage {
  readonly rows: Float64Array<ArrayBuffer>;
  readonly ids: readonly string[];
  readonly embedders: readonly string[];
  readonly analyzers: readonly string[];
  /** Where each one's features end. */
  readonly featureEnds: Uint32Array<ArrayBuffer>;
  readonly features: Uint8Array<ArrayBuffer>;
  /** How many elements each vector has; -1 without one. */
  readonly dimensions: Int32Array<ArrayBuffer>;
  readonly vectors: Float32Array<ArrayBuffer>;
}

export function packPage(records: readonly IndexedRecord[]): PackedPage {
  let [featureBytes, elements] = [0, 0];
  for (const { entry } of records) {
    featureBytes += entry.features.length;
    elements += entry.vector?.length ?? 0;
  }
  const page: PackedPage = {
    rows: Float64Array.from(records, ({ row }) => row),
    ids: records.map(({ id }) => id),
    embedders: records.map(({ entry }) => entry.embedder),
    analyzers: records.map(({ entry }) => entry.analyzer),
    featureEnds: new Uint32Array(records.length),
    features: new Uint8Array(featureBytes),
    dimensions: Int32Array.from(records, ({ entry }) => entry.vector?.length ?? -1),
    vectors: new Float32Array(elements),
  };
  let [featuresAt, vectorAt] = [0, 0];
  records.forEach(({ entry }, place) => {
    page.features.set(entry.features, featuresAt);
    featuresAt += entry.features.length;
    page.featureEnds[place] = featuresAt;
    if (entry.vector === null) return;
    page.vectors.set(entry.vector, vectorAt);
    vectorAt += entry.vector.length;
  });
  return page;
}

/** The memory that the page consists of. */
export function buffersOf({ rows, featureEnds, features, dimensions, vectors }: PackedPage): ArrayBuffer[] {
  return [rows, featureEnds, features, dimensions, vectors].map(({ buffer }) => buffer);
}

/** The entries of a page, which they look into. */
export function unpackPage(page: PackedPage): IndexedRecord[] {
  let [featuresAt, vectorAt] = [0, 0];
  return page.ids.map((id, place) => {
    const end = page.featureEnds[place] ?? 0;
    const features = page.features.subarray(featuresAt, end);
    featuresAt = end;
    const dimensions = page.dimensions[place] ?? -1;
    const vector = dimensions < 0 ? null : page.vectors.subarray(vectorAt, vectorAt + dimensions);
    vectorAt += Math.max(0, dimensions);
    const [embedder = "", analyzer = ""] = [page.embedders[place], page.analyzers[place]];
    return { row: page.rows[place] ?? 0, id, entry: { embedder, analyzer, features, vector } };
  });
}
