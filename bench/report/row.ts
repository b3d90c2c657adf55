/** One thing measured. */
export interface Row {
  readonly section: string;
  readonly name: string;
  /** What was measured of it, where a section tells the same things of several. */
  readonly column?: string;
  /** How many records there were. */
  readonly records: number;
  /** Milliseconds · a second · bytes · a share or a factor. */
  readonly unit: "ms" | "/s" | "bytes" | "share" | "factor" | "count";
  /** The median where it was done many times. */
  readonly value: number;
  readonly p95?: number;
  readonly p99?: number;
  /** Milliseconds of processor time for each; where other programs are busy, it tells more than `value`. */
  readonly cpu?: number;
  /** What it is compared with, measured in the same run. */
  readonly reference?: Reference;
  /** What it should be. */
  readonly target?: Target;
}

export interface Reference {
  readonly name: string;
  readonly value: number;
}

export interface Target {
  /** `ratio`: the value divided by the reference. */
  readonly of: "value" | "ratio";
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Something that was not measured, and why. */
export interface Missing {
  readonly section: string;
  readonly name: string;
  readonly reason: string;
}

export interface Results {
  readonly rows: readonly Row[];
  readonly missing: readonly Missing[];
}

/** The value divided by what it is compared with; undefined without that. */
export function ratioOf({ value, reference }: Row): number | undefined {
  return reference && reference.value > 0 ? value / reference.value : undefined;
}

/** Undefined where nothing is asked. */
export function isMet(row: Row): boolean | undefined {
  if (!row.target) return undefined;
  const { of, atMost = Number.POSITIVE_INFINITY, atLeast = 0 } = row.target;
  const value = of === "ratio" ? (ratioOf(row) ?? Number.NaN) : row.value;
  return value <= atMost && value >= atLeast;
}
