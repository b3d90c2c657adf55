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
      const elements = v128.load(row + at);
      low = i32x4.add(
        low,
        i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(elements), v128.load(query + (at << 1))),
      );
      high = i32x4.add(
        high,
        i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(elements), v128.load(query + (at << 1), 16)),
      );
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

/** Writes `count` scores: float32 row times float32 query, times both scales. */
export function scoreFloat32(
  query: usize,
  queryScale: f32,
  rows: usize,
  stride: usize,
  width: usize,
  list: usize,
  count: usize,
  out: usize,
): void {
  const bytes = width << 2;
  for (let index: usize = 0; index < count; index++) {
    const row = rows + (list ? <usize>load<u32>(list + (index << 2)) : index) * stride;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 64) {
      a = f32x4.add(a, f32x4.mul(v128.load(row + at), v128.load(query + at)));
      b = f32x4.add(b, f32x4.mul(v128.load(row + at, 16), v128.load(query + at, 16)));
      c = f32x4.add(c, f32x4.mul(v128.load(row + at, 32), v128.load(query + at, 32)));
      d = f32x4.add(d, f32x4.mul(v128.load(row + at, 48), v128.load(query + at, 48)));
    }
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    const product =
      f32x4.extract_lane(sum, 0) +
      f32x4.extract_lane(sum, 1) +
      f32x4.extract_lane(sum, 2) +
      f32x4.extract_lane(sum, 3);
    store<f32>(out + (index << 2), product * load<f32>(row + bytes) * queryScale);
  }
}
