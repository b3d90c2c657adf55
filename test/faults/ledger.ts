/** Writes, by kind: ids in the order they were acknowledged or found. Counting leaves no ids, only a sum. */
export interface Writes {
  readonly records: string[];
  readonly messages: string[];
  /** Values pushed to a list. */
  readonly pushes: string[];
  increments: number;
}

export function noWrites(): Writes {
  return { records: [], messages: [], pushes: [], increments: 0 };
}

export function joined(parts: readonly Writes[]): Writes {
  return {
    records: parts.flatMap(({ records }) => records),
    messages: parts.flatMap(({ messages }) => messages),
    pushes: parts.flatMap(({ pushes }) => pushes),
    increments: parts.reduce((sum, { increments }) => sum + increments, 0),
  };
}

export interface Tally {
  readonly acknowledged: number;
  readonly found: number;
  readonly lost: number;
  readonly doubled: number;
}

/**
 * Compares what was acknowledged with what is there. What was stored but not acknowledged is found, and neither lost nor
 * doubled: of increments that may be so many.
 */
export function tally(acknowledged: Writes, found: Writes, unacknowledgedIncrements = 0): Tally {
  const [said, there] = [keysOf(acknowledged), keysOf(found)];
  const kept = new Set(there);
  const more = found.increments - acknowledged.increments;
  return {
    acknowledged: said.length + acknowledged.increments,
    found: there.length + found.increments,
    lost: said.filter((key) => !kept.has(key)).length + Math.max(0, -more),
    doubled: there.length - kept.size + Math.max(0, more - unacknowledgedIncrements),
  };
}

function keysOf({ records, messages, pushes }: Writes): string[] {
  return [
    ...records.map((id) => `record ${id}`),
    ...messages.map((id) => `message ${id}`),
    ...pushes.map((value) => `push ${value}`),
  ];
}

/** Shows the figures beside the verdict. */
export function show(title: string, { acknowledged, found, lost, doubled }: Tally): void {
  process.stdout.write(
    `${title}: ${acknowledged} acknowledged, ${found} found, ${lost} lost, ${doubled} doubled\n`,
  );
}
