/** What the server answers. Texts come as bytes: some of them are no text. */
export type Reply = null | number | string | Buffer | Reply[];

export function asList(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? reply : [];
}

export function asText(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString("utf8") : String(reply ?? "");
}

export function asBytes(reply: Reply | undefined): Buffer {
  return Buffer.isBuffer(reply) ? reply : Buffer.from(asText(reply));
}

/** An alternation of names and values, as hashes come. */
export function asPairs(reply: Reply | undefined): [name: string, value: Buffer][] {
  const list = asList(reply);
  const pairs: [string, Buffer][] = [];
  for (let index = 0; index < list.length; index += 2)
    pairs.push([asText(list[index]), asBytes(list[index + 1])]);
  return pairs;
}
