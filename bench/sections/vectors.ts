import { Float32Matrix, QuantizedMatrix } from "../../src/vectors/kernel/matrix.ts";
import { DIMENSIONS, queryVectors, vectorAt } from "../corpus/vectors.ts";
import { ByteReader } from "../measuring/bandwidth.ts";
import { Stopwatch } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";
import type { SectionOptions } from "./section.ts";

const WANTED = 10;
/** So many of the quantized scan are scored again exactly. */
const RESCORED = 40;

/** The vector part of recall alone: a quantized scan, and exact cosines for its best. */
export async function measureVectors({ size, repetitions, reader }: SectionOptions): Promise<Row[]> {
  const [quantized, exact] = [new QuantizedMatrix(DIMENSIONS), new Float32Matrix(DIMENSIONS)];
  for (let index = 0; index < size; index++) {
    const vector = vectorAt(index);
    quantized.append(vector);
    exact.append(vector);
  }
  const bytes = new ByteReader(reader, size * DIMENSIONS);
  const [scanning, scanningExactly, reading] = [new Stopwatch(), new Stopwatch(), new Stopwatch()];
  let found = 0;
  const queries = queryVectors(size, repetitions);
  for (const query of queries) {
    await reading.time(() => bytes.read());
    const best = await scanning.time(() => {
      const candidates = Uint32Array.from(quantized.topK(query, RESCORED), ({ row }) => row);
      return exact.topK(query, WANTED, candidates);
    });
    const right = await scanningExactly.time(() => exact.topK(query, WANTED));
    const rows = new Set(right.map(({ row }) => row));
    found += best.filter(({ row }) => rows.has(row)).length;
  }
  const limit = { name: "reading the bytes", value: reading.timing.value };
  const one = { section: "vectors", records: size } as const;
  return [
    { ...one, name: "int8 scan, best 40 rescored", unit: "ms", ...scanning.timing, reference: limit },
    {
      ...one,
      name: "recall@10 of that against exact",
      unit: "share",
      value: found / queries.length / WANTED,
      target: { of: "value", atLeast: 0.99 },
    },
    {
      ...one,
      name: "float32 scan, exact",
      unit: "ms",
      ...scanningExactly.timing,
      reference: { name: "reading the bytes (x 4)", value: reading.timing.value * 4 },
    },
  ];
}
