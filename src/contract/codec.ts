/**
 * Turns library values into their wire form and back. A codec renames and nothing else: what does not have the shape it
 * expects passes through unchanged, so that whoever checks the value afterwards sees what the caller gave.
 */
export interface Codec {
  encode(value: unknown): unknown;
  decode(value: unknown): unknown;
}

/** Library field names with the wire name, or with name and codec of the value. */
export type Field = string | readonly [name: string, codec: Codec];
export type Fields = Readonly<Record<string, Field>>;

/** An object whose fields have other names on the wire. Unknown fields keep theirs; undefined ones are left out. */
export function object(fields: Fields): Codec {
  const outward = new Map<string, readonly [string, Codec | undefined]>();
  const inward = new Map<string, readonly [string, Codec | undefined]>();
  for (const [library, field] of Object.entries(fields)) {
    const [wire, codec] = typeof field === "string" ? [field, undefined] : field;
    outward.set(library, [wire, codec]);
    inward.set(wire, [library, codec]);
  }
  return {
    encode: (value) => renameKeys(value, outward, (codec, part) => codec.encode(part)),
    decode: (value) => renameKeys(value, inward, (codec, part) => codec.decode(part)),
  };
}

/** `object` with a field for each member of a type. */
export function objectOf<Type>(fields: Readonly<Record<keyof Type, Field>>): Codec {
  return object(fields);
}

function renameKeys(
  value: unknown,
  names: ReadonlyMap<string, readonly [string, Codec | undefined]>,
  convert: (codec: Codec, part: unknown) => unknown,
): unknown {
  if (!isPlainObject(value)) return value;
  const renamed: [string, unknown][] = [];
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue;
    const [name, codec] = names.get(key) ?? [key, undefined];
    renamed.push([name, codec ? convert(codec, part) : part]);
  }
  // Not an assignment in a loop: a key named `__proto__` must stay a key.
  return Object.fromEntries(renamed);
}

/** A list of values of one kind. */
export function list(codec: Codec): Codec {
  return {
    encode: (value) => (Array.isArray(value) ? value.map((item) => codec.encode(item)) : value),
    decode: (value) => (Array.isArray(value) ? value.map((item) => codec.decode(item)) : value),
  };
}

/** A yes or no that the wire writes as a letter. */
export const letter: Codec = {
  encode: (value) => (value === true ? "t" : value === false ? "f" : value),
  decode: (value) => (value === "t" ? true : value === "f" ? false : value),
};

/** The field table of library names whose wire names are the same words in snake case. */
export function snake<const Name extends string>(...names: Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, snakeCase(name)])) as Record<Name, string>;
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

export function camelCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])_([a-z])/g, (_, initial: string) => initial.toUpperCase());
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
