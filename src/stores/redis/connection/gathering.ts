import type { Stored } from "../values.ts";
import type { Reply } from "./reply.ts";
import type { GatheredScript } from "./script.ts";

/** One of the calls that a script carries out. */
export interface Call {
  readonly keys: readonly string[];
  readonly args: readonly (Stored | number)[];
}

/** What calls must agree on to be sent as one. */
export interface Company {
  readonly script: GatheredScript;
  /** Those with the same script and the same text here have the same `shared` keys, and all their keys in one place. */
  readonly group: string;
  readonly shared: readonly string[];
  /** The key for the answer, see `RequestNames`; for scripts that write. */
  readonly request?: (name: string) => string;
}

/** Others wait for what the server does in one step. */
const MOST = 50;

interface Gathering {
  readonly company: Company;
  readonly waiting: { readonly call: Call; answer(reply: Promise<Reply>): void }[];
}

/** Gathers the calls of one turn of the event loop. `send` gives the replies in order. */
export function gatherCalls(
  send: (company: Company, calls: readonly Call[]) => Promise<Reply[]>,
): (company: Company, call: Call) => Promise<Reply> {
  let gatherings = new Map<string, Gathering>();

  function sendAll(): void {
    const all = gatherings;
    gatherings = new Map();
    for (const { company, waiting } of all.values()) {
      for (let from = 0; from < waiting.length; from += MOST) {
        const some = waiting.slice(from, from + MOST);
        const replies = send(
          company,
          some.map(({ call }) => call),
        );
        for (const [index, { answer }] of some.entries()) answer(replies.then((list) => list[index] ?? null));
      }
    }
  }

  return (company, call) =>
    new Promise((answer) => {
      if (gatherings.size === 0) setImmediate(sendAll);
      const name = company.script.sha + company.group;
      const gathering = gatherings.get(name) ?? { company, waiting: [] };
      gatherings.set(name, gathering);
      gathering.waiting.push({ call, answer });
    });
}
