import { asList, type Reply } from "./reply.ts";

/** Readers of one moment: others wait for what the server does in one step. */
const MOST = 50;

interface Reader {
  readonly fields: readonly string[];
  answer(values: Promise<Reply[][]>): void;
}

/**
 * Gathers readers of the same hashes in one turn of the event loop. Each names fields, and gets their values in the first hash, in
 * the second and so on, all as they were at one moment. `send` reads fields of hashes.
 */
export function gatherFields(
  send: (keys: readonly string[], fields: readonly string[]) => Promise<Reply[][]>,
): (keys: readonly string[], fields: readonly string[]) => Promise<Reply[][]> {
  let gatherings = new Map<string, { readonly keys: readonly string[]; readonly readers: Reader[] }>();

  function sendTogether(keys: readonly string[], readers: readonly Reader[]): void {
    const values = send(
      keys,
      readers.flatMap(({ fields }) => fields),
    );
    let end = 0;
    for (const { fields, answer } of readers) {
      const [from, to] = [end, end + fields.length];
      end = to;
      answer(values.then((lists) => lists.map((list) => list.slice(from, to))));
    }
  }

  function sendAll(): void {
    const all = gatherings;
    gatherings = new Map();
    for (const { keys, readers } of all.values())
      for (let from = 0; from < readers.length; from += MOST)
        sendTogether(keys, readers.slice(from, from + MOST));
  }

  return (keys, fields) =>
    new Promise((answer) => {
      if (gatherings.size === 0) setImmediate(sendAll);
      const name = keys.join();
      const gathering = gatherings.get(name) ?? { keys, readers: [] };
      gatherings.set(name, gathering);
      gathering.readers.push({ fields, answer });
    });
}

/** Commands that read fields of hashes at one moment. */
export function readingFields(keys: readonly string[], fields: readonly string[]): string[][] {
  return [["MULTI"], ...keys.map((key) => ["HMGET", key, ...fields]), ["EXEC"]];
}

/** What the last of these commands answers. */
export function valuesOf(replies: readonly Reply[]): Reply[][] {
  return asList(replies.at(-1)).map(asList);
}
