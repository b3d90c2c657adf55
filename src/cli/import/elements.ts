import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import streamArray from "stream-json/streamers/stream-array.js";
import { ValidationError } from "../../core/errors.ts";
import type { Source } from "./source.ts";

/** One value of a file of many: a line of JSON Lines, or an element of a JSON array. */
export type Element = Place & ({ readonly value: unknown } | { readonly problem: string });

interface Place {
  /** `line 7` or `item 7`. */
  readonly place: string;
  /** Counts from 1. */
  readonly number: number;
  /** Bytes of the source read so far. */
  readonly bytes: number;
}

/** A line longer than this is no line of JSON Lines, but a file that lacks line ends. */
const LONGEST_LINE = 256 * 1024 * 1024;

/**
 * Reads a source as JSON Lines or, when it begins with a bracket, as one JSON array, holding no more than one value at a
 * time. A line that cannot be read is told and passed over.
 * @throws ValidationError where a JSON array is broken: nothing after that place can be told apart.
 */
export async function* readElements(source: Source, signal: AbortSignal): AsyncGenerator<Element> {
  const stream = source.open(signal);
  const bytes = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    const head = await readHead(bytes);
    if (head.length === 0) return;
    const rest = counted(head, bytes);
    yield* beginsArray(head) ? readArray(source, rest) : readLines(rest);
  } finally {
    stream.destroy();
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LINE_FEED = 0x0a;
const BLANKS = [LINE_FEED, 0x0d, 0x20, 0x09];

/** The first bytes that hold more than blanks, without the byte order mark. */
async function readHead(bytes: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for (let next = await bytes.next(); !next.done; next = await bytes.next()) {
    head = Buffer.concat([head, next.value]);
    if (head.length > 3 && head.some((byte) => !BLANKS.includes(byte))) break;
  }
  return head.subarray(0, 3).equals(BYTE_ORDER_MARK) ? head.subarray(3) : head;
}

function beginsArray(head: Buffer): boolean {
  return head.find((byte) => !BLANKS.includes(byte)) === "[".charCodeAt(0);
}

interface Counted extends AsyncIterable<Buffer> {
  /** Bytes given out so far. */
  readonly count: number;
}

function counted(head: Buffer, rest: AsyncIterator<Buffer>): Counted {
  return {
    count: 0,
    async *[Symbol.asyncIterator]() {
      const give = (chunk: Buffer) => {
        (this as { count: number }).count += chunk.length;
        return chunk;
      };
      yield give(head);
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield give(next.value);
    },
  };
}

// Not node:readline, which also ends lines at U+2028 and U+2029: JSON has those inside texts.
async function* readLines(chunks: Counted): AsyncGenerator<Element> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Buffer[] = [];
  let length = 0;
  let number = 0;
  const element = (line: Buffer): Element | null => {
    number++;
    const place = { place: `line ${number}`, number, bytes: chunks.count };
    try {
      const text = decoder.decode(line).trim();
      return text === "" ? null : { ...place, value: JSON.parse(text) as unknown };
    } catch (error) {
      return { ...place, problem: error instanceof SyntaxError ? "is not JSON" : "is not UTF-8" };
    }
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end));
      const found = element(Buffer.concat(parts));
      if (found) yield found;
      parts = [];
      length = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LONGEST_LINE)
      throw ValidationError.of([`line ${number + 1}`], "is longer than 256 MB: this is not JSON Lines");
  }
  const found = element(Buffer.concat(parts));
  if (found) yield found;
}

async function* readArray(source: Source, chunks: Counted): AsyncGenerator<Element> {
  const parser = streamArray.withParserAsStream({ streamValues: false });
  // The pipeline's failure also ends the loop below; it is awaited there.
  const feeding = pipeline(chunks as AsyncIterable<Buffer>, parser as unknown as NodeJS.WritableStream);
  feeding.catch(() => {});
  try {
    for await (const { key, value } of parser as unknown as AsyncIterable<{ key: number; value: unknown }>)
      yield { place: `item ${key + 1}`, number: key + 1, bytes: chunks.count, value };
    await feeding;
  } catch (error) {
    if (error instanceof Error && error.name !== "AbortError" && !("syscall" in error))
      throw ValidationError.of([source.name], `is broken JSON: ${error.message}`);
    throw error;
  } finally {
    (parser as unknown as Readable).destroy();
  }
}
