/** What readers must know of a record besides the record, see `HEADS`. */
export interface Head {
  readonly version: number;
  /** As sortable text; empty for never. Undefined for an id whose record is gone. */
  readonly expires: string | undefined;
}

/**
 * Takes the first values out of a head as scripts pack it: an array in MessagePack, https://github.com/msgpack/msgpack/blob/master/spec.md,
 * of which numbers here are whole and not negative, and texts short.
 */
export function decodeHead(packed: Buffer): Head {
  const count = (packed[0] ?? 0) & 0x0f;
  const [version, afterVersion] = number(packed, 1);
  if (count < 3 || packed[afterVersion] === FALSE) return { version, expires: undefined };
  const [, afterRow] = number(packed, afterVersion);
  return { version, expires: text(packed, afterRow) };
}

const FALSE = 0xc2;

function number(packed: Buffer, at: number): [value: number, end: number] {
  const form = packed[at] ?? 0;
  switch (form) {
    case 0xcc:
      return [packed.readUInt8(at + 1), at + 2];
    case 0xcd:
      return [packed.readUInt16BE(at + 1), at + 3];
    case 0xce:
      return [packed.readUInt32BE(at + 1), at + 5];
    case 0xcf:
      return [Number(packed.readBigUInt64BE(at + 1)), at + 9];
    default:
      return [form, at + 1];
  }
}

function text(packed: Buffer, at: number): string {
  const form = packed[at] ?? 0;
  const [start, length] = form === 0xd9 ? [at + 2, packed[at + 1] ?? 0] : [at + 1, form & 0x1f];
  return packed.toString("latin1", start, start + length);
}
