import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { dot } from "../../src/core/vector.ts";
import { createKernel } from "../../src/vectors/kernel/create-kernel.ts";
import { createJavaScriptKernel } from "../../src/vectors/kernel/javascript-kernel.ts";
import { QuantizedMatrix, RemainderMatrix, type VectorMatrix } from "../../src/vectors/kernel/matrix.ts";
import { Pace } from "../../src/vectors/local/pace.ts";
import { VectorColumn } from "../../src/vectors/local/vector-column.ts";

const element = fc.float({ min: -1, max: 1, noNaN: true, noDefaultInfinity: true });

/** Some vectors of one length, among them zeros, and a query. */
const vectors = fc.integer({ min: 1, max: 70 }).chain((dimensions) => {
  const vector = fc
    .array(element, { minLength: dimensions, maxLength: dimensions })
    .map((elements) => Float32Array.from(elements));
  const rows = fc.array(
    fc.oneof({ weight: 9, arbitrary: vector }, fc.constant(new Float32Array(dimensions))),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  return fc.record({ rows, query: vector });
});

function fill<M extends VectorMatrix>(matrix: M, rows: readonly Float32Array[]): M {
  for (const row of rows) matrix.append(row);
  return matrix;
}

function cosine(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}

/** Numbers in [-0.5, 0.5), the same in every run: a Lehmer generator. */
function pseudoRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
}

const kernels = [
  { kernel: "the fastest kernel", create: createKernel },
  { kernel: "the JavaScript kernel", create: createJavaScriptKernel },
];

describe.each(kernels)("QuantizedMatrix on $kernel", ({ create }) => {
  const Matrix = QuantizedMatrix;

  test("scores are nearly cosines, and with the remainder's the cosines themselves", () => {
    fc.assert(
      fc.property(vectors, ({ rows, query }) => {
        const scores = fill(new Matrix(query.length, create()), rows).scores(query);
        const remainders = fill(new RemainderMatrix(query.length, create()), rows).scores(query);
        rows.forEach((row, index) => {
          const [score, rest] = [scores[index] ?? Number.NaN, remainders[index] ?? Number.NaN];
          expect(Math.abs(score - cosine(row, query))).toBeLessThan(0.02);
          expect(Math.abs(score + rest - cosine(row, query))).toBeLessThan(5e-5);
        });
      }),
    );
  });

  test("a selection of rows scores as the whole does, in the order asked for", () => {
    fc.assert(
      fc.property(vectors, fc.array(fc.nat()), fc.nat(), fc.nat(), ({ rows, query }, picks, a, b) => {
        const matrix = fill(new Matrix(query.length, create()), rows);
        const all = matrix.scores(query);
        const list = Uint32Array.from(picks, (pick) => pick % rows.length);
        expect(matrix.scores(query, list)).toEqual(Float32Array.from(list, (row) => all[row] ?? Number.NaN));
        const range = { from: a % rows.length, to: b % (rows.length + 1) };
        expect(matrix.scores(query, range)).toEqual(all.slice(range.from, range.to));
      }),
    );
  });

  test("topK is the head of all scores, sorted by score and then by row", () => {
    fc.assert(
      fc.property(vectors, fc.integer({ min: 0, max: 50 }), ({ rows, query }, k) => {
        const matrix = fill(new Matrix(query.length, create()), rows);
        const sorted = Array.from(matrix.scores(query), (score, row) => ({ row, score })).sort(
          (one, other) => other.score - one.score || one.row - other.row,
        );
        expect(matrix.topK(query, k)).toEqual(sorted.slice(0, k));
      }),
    );
  });

  test("keeps its rows while it grows past any first reservation", () => {
    const matrix = new Matrix(100, create());
    const random = pseudoRandom();
    const rows = Array.from({ length: 20_000 }, () => Float32Array.from({ length: 100 }, random));
    fill(matrix, rows);
    expect(matrix.length).toBe(20_000);
    for (const row of [0, 1, 9_999, 16_383, 16_384, 19_999]) {
      const query = rows[row] ?? new Float32Array(100);
      expect(matrix.topK(query, 1)).toEqual([{ row, score: expect.closeTo(1, 2) }]);
    }
    const every = Uint32Array.from({ length: 20_000 }, (_, index) => 19_999 - index);
    const query = rows[7] ?? new Float32Array(100);
    expect(matrix.scores(query, every).reverse()).toEqual(matrix.scores(query));
  });

  test("overwriting a row changes that row alone, and zeros score 0", () => {
    const matrix = fill(new Matrix(3, create()), [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)]);
    matrix.set(0, new Float32Array(3));
    expect(Array.from(matrix.scores(Float32Array.of(0, 2, 0)))).toEqual([0, expect.closeTo(1, 5)]);
    matrix.set(0, Float32Array.of(0, 0.5, 0));
    expect(matrix.scores(Float32Array.of(0, 1, 0))[0]).toBeCloseTo(1, 5);
    expect(Array.from(matrix.scores(new Float32Array(3)))).toEqual([0, 0]);
  });

  test("vectors of any magnitude keep their direction", () => {
    const tiny = Float32Array.of(3e-42, -4e-42);
    const huge = Float32Array.of(3e38, -3e38);
    const matrix = fill(new Matrix(2, create()), [tiny, huge]);
    const [first, second] = matrix.scores(Float32Array.of(1, -1));
    expect(first).toBeCloseTo(7 / Math.sqrt(50), 2);
    expect(second).toBeCloseTo(1, 5);
  });

  test("searches that pause do not disturb each other, nor does writing in between", () => {
    const axes = [Float32Array.of(1, 0), Float32Array.of(0, 1)] as const;
    const matrix = new Matrix(2, create());
    for (let row = 0; row < 40_000; row++) matrix.append(axes[row % 2 === 0 ? 0 : 1]);
    const running = axes.map((axis) => matrix.topInSteps(axis, 2));
    const found: unknown[] = [];
    let steps = 0;
    while (found.length < running.length) {
      for (const search of running) {
        const step = search.next();
        if (step.done && step.value) found.push(step.value.list().map(({ row }) => row));
        matrix.append(axes[0]);
        steps++;
      }
    }
    expect(steps).toBeGreaterThan(2 * running.length);
    expect(found).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  test("refuses vectors and rows that do not fit", () => {
    const matrix = fill(new Matrix(2, create()), [Float32Array.of(1, 0)]);
    expect(() => matrix.append(new Float32Array(3))).toThrow(ValidationError);
    expect(() => matrix.append(Float32Array.of(1, Number.NaN))).toThrow(ValidationError);
    expect(() => matrix.append(Float32Array.of(1, Number.POSITIVE_INFINITY))).toThrow(ValidationError);
    expect(() => matrix.set(1, new Float32Array(2))).toThrow(ValidationError);
    expect(() => matrix.scores(new Float32Array(1))).toThrow(ValidationError);
    expect(() => matrix.scores(new Float32Array(2), Uint32Array.of(0, 1))).toThrow(ValidationError);
    expect(() => matrix.topK(new Float32Array(2), 1, { from: 0, to: 2 })).toThrow(ValidationError);
    expect(matrix.length).toBe(1);
  });
});

test("the quantized scores of both kernels are the same bits", () => {
  fc.assert(
    fc.property(vectors, ({ rows, query }) => {
      const fast = fill(new QuantizedMatrix(query.length), rows);
      const plain = fill(new QuantizedMatrix(query.length, createJavaScriptKernel()), rows);
      expect(fast.scores(query)).toEqual(plain.scores(query));
    }),
  );
});

test("the longest vectors and largest elements do not overflow the integer sum", () => {
  for (const dimensions of [4_096, 16_384]) {
    const ones = new Float32Array(dimensions).fill(1);
    expect(fill(new QuantizedMatrix(dimensions), [ones]).scores(ones)[0]).toBeCloseTo(1, 5);
  }
});

test("the ten nearest of 2,000 clustered vectors are found exactly", async () => {
  const random = pseudoRandom();
  const centers = Array.from({ length: 20 }, () => Float32Array.from({ length: 64 }, random));
  const near = (index: number) =>
    (centers[index % 20] ?? new Float32Array(64)).map((value) => value + 0.7 * random());
  const rows = Array.from({ length: 2_000 }, (_, index) => near(index));
  const column = new VectorColumn(64);
  for (const row of rows) column.append(row);
  for (let index = 0; index < 20; index++) {
    const query = near(index);
    const found = await column.nearest(query, { from: 0, to: rows.length }, 10, new Pace());
    const byCosine = [...rows.keys()].sort(
      (one, other) => cosine(rows[other] ?? query, query) - cosine(rows[one] ?? query, query),
    );
    expect([...found].sort()).toEqual(byCosine.slice(0, 10).sort());
  }
});
