import { dot } from "../../src/core/vector.ts";
import { Top } from "../../src/vectors/kernel/top.ts";
import { Pace } from "../../src/vectors/local/pace.ts";
import { VectorColumn } from "../../src/vectors/local/vector-column.ts";
import { DIMENSIONS, queryVectors, vectorAt } from "../corpus/vectors.ts";
import { ByteReader } from "../measuring/bandwidth.ts";
import { Stopwatch } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";
import type { SectionOptions } from "./section.ts";

const WANTED = 10;
/** The right answer takes long to find, and so many questions tell enough. */
const CHECKED = 50;

/** The vector part of recall alone: a quantized scan, and exact cosines for its best. */
export async function measureVectors({ size, repetitions, reader }: SectionOptions): Promise<Row[]> {
  const column = new VectorColumn(DIMENSIONS);
  const vectors: Float32Array[] = [];
  for (let index = 0; index < size; index++) {
    const vector = vectorAt(index);
    column.append(vector);
    vectors.push(vector);
  }
  const bytes = new ByteReader(reader, size * DIMENSIONS);
  const [scanning, reading] = [new Stopwatch(), new Stopwatch()];
  const all = { from: 0, to: size };
  let [found, wanted] = [0, 0];
  for (const [number, query] of queryVectors(size, repetitions).entries()) {
    await reading.time(() => bytes.read());
    const best = await scanning.time(() => column.nearest(query, all, WANTED, new Pace()));
    if (number >= CHECKED) continue;
    const right = nearest(vectors, query);
    found += best.filter((row) => right.has(row)).length;
    wanted += right.size;
  }
  const limit = { name: "reading the bytes", value: reading.timing.value };
  const one = { section: "vectors", records: size } as const;
  return [
    { ...one, name: "int8 scan, best 40 rescored", unit: "ms", ...scanning.timing, reference: limit },
    {
      ...one,
      name: "recall@10 of that against exact",
      unit: "share",
      value: found / wanted,
      target: { of: "value", atLeast: 0.99 },
    },
  ];
}

/** The rows that are nearest indeed. */
function nearest(vectors: readonly Float32Array[], query: Float32Array): Set<number> {
  const top = new Top(WANTED);
  vectors.forEach((vector, row) => {
    top.offer(row, dot(vector, query));
  });
  return new Set(top.rows());
}
