/** A deep copy of plain data, vectors and bytes, so that nothing inside the store is shared with a caller. */
export function copy<Value>(value: Value): Value {
  return copyOf(value) as Value;
}

// Not structuredClone: of a vector that is a window on a large buffer it would copy the whole buffer.
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (value instanceof Float32Array || value instanceof Uint8Array) return value.slice();
  // fromEntries defines keys, so that `__proto__` stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]));
}
