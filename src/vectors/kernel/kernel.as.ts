// AssemblyScript, compiled to WebAssembly with SIMD by `npm run build:kernel`; not part of the TypeScript program.
// A row is `width` elements (a multiple of 16, filled up with zeros), then its scale as one float32.
// `list` is the address of row numbers, or 0 when the rows lie one after another from `rows` on.

/** Writes `count` scores: int8 row times int16 query, exact in 32 bits, times both scales. */
export function scoreInt8(
  query: usize,
  queryScale: f32,
  rows: usize,
  stride: usize,
  width: usize,
  list: usize,
  count: usize,
  out: usize,
): void {
  for (let index: usize = 0; index < count; index++) {
    const row = rows + (list ? <usize>load<u32>(list + (index << 2)) : index) * stride;
    let low = i32x4.splat(0);
    let high = i32x4.splat(0);
    for (let at: usize = 0; at < width; at += 16) {
      const factors = query + (at << 1);
      low = i32x4.add(low, i32x4.dot_i16x8_s(v128.load_ext<i8>(row + at), v128.load(factors)));
      high = i32x4.add(high, i32x4.dot_i16x8_s(v128.load_ext<i8>(row + at, 8), v128.load(factors, 16)));
    }
    const sum = i32x4.add(low, high);
    const product =
      i32x4.extract_lane(sum, 0) +
      i32x4.extract_lane(sum, 1) +
      i32x4.extract_lane(sum, 2) +
      i32x4.extract_lane(sum, 3);
    store<f32>(out + (index << 2), <f32>product * load<f32>(row + width) * queryScale);
  }
}

/** The largest absolute value of `width` float32 elements; not a number when one of them is not. */
function largestOf(from: usize, width: usize): f32 {
  let largest = f32x4.splat(0);
  for (let at: usize = 0; at < width << 2; at += 16)
    largest = f32x4.max(largest, f32x4.abs(v128.load(from + at)));
  return max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
}

/** The sum of four numbers. */
function sumOf(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    f32x4.extract_lane(lanes, 2) +
    f32x4.extract_lane(lanes, 3)
  );
}

/** Writes a float32 vector as int8, the largest element, which is given, as 127. Gives the sum of the squares. */
function writeLevels(from: usize, width: usize, largest: f32, row: usize): i32 {
  const divisor = f32x4.splat(largest);
  const levels = f32x4.splat(127);
  let squares = i32x4.splat(0);
  for (let at: usize = 0; at < width; at += 16) {
    const source = from + (at << 2);
    const a = i32x4.trunc_sat_f32x4_s(
      f32x4.nearest(f32x4.mul(f32x4.div(v128.load(source), divisor), levels)),
    );
    const b = i32x4.trunc_sat_f32x4_s(
      f32x4.nearest(f32x4.mul(f32x4.div(v128.load(source, 16), divisor), levels)),
    );
    const c = i32x4.trunc_sat_f32x4_s(
      f32x4.nearest(f32x4.mul(f32x4.div(v128.load(source, 32), divisor), levels)),
    );
    const d = i32x4.trunc_sat_f32x4_s(
      f32x4.nearest(f32x4.mul(f32x4.div(v128.load(source, 48), divisor), levels)),
    );
    const low = i16x8.narrow_i32x4_s(a, b);
    const high = i16x8.narrow_i32x4_s(c, d);
    squares = i32x4.add(squares, i32x4.dot_i16x8_s(low, low));
    squares = i32x4.add(squares, i32x4.dot_i16x8_s(high, high));
    v128.store(row + at, i8x16.narrow_i16x8_s(low, high));
  }
  return (
    i32x4.extract_lane(squares, 0) +
    i32x4.extract_lane(squares, 1) +
    i32x4.extract_lane(squares, 2) +
    i32x4.extract_lane(squares, 3)
  );
}

/** Writes a float32 vector as an int8 row with its scale: the largest element becomes 127. Gives the largest element. */
export function writeInt8(from: usize, width: usize, row: usize): f32 {
  const largest = largestOf(from, width);
  if (!(largest > 0 && largest < Infinity)) {
    memory.fill(row, 0, width + 4);
    return largest;
  }
  const squares = writeLevels(from, width, largest, row);
  store<f32>(row + width, <f32>(1 / Math.sqrt(<f64>squares)));
  return largest;
}

/**
 * Writes as an int8 row what `writeInt8` leaves of a vector made a unit vector: added together, the scores of both rows are
 * the cosine nearly exactly. Gives the vector's largest element, and overwrites the vector.
 */
export function writeRemainder(from: usize, width: usize, row: usize): f32 {
  const largest = largestOf(from, width);
  if (!(largest > 0 && largest < Infinity)) {
    memory.fill(row, 0, width + 4);
    return largest;
  }
  const scale = f32x4.splat(<f32>(1 / Math.sqrt(<f64>writeLevels(from, width, largest, row))));
  // Divided by the largest at first, so that squares of very large and very small elements are numbers too.
  const divisor = f32x4.splat(largest);
  const bytes = width << 2;
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const elements = f32x4.div(v128.load(from + at), divisor);
    squares = f32x4.add(squares, f32x4.mul(elements, elements));
    v128.store(from + at, elements);
  }
  const length = f32x4.splat(sqrt<f32>(sumOf(squares)));
  const levels = f32x4.splat(127);
  for (let at: usize = 0; at < bytes; at += 16) {
    const elements = v128.load(from + at);
    const quantized = f32x4.mul(f32x4.nearest(f32x4.mul(elements, levels)), scale);
    v128.store(from + at, f32x4.sub(f32x4.div(elements, length), quantized));
  }
  const rest = largestOf(from, width);
  if (rest > 0) writeLevels(from, width, rest, row);
  else memory.fill(row, 0, width);
  store<f32>(row + width, rest / 127);
  return largest;
}
