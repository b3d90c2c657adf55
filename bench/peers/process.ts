/** Measures one peer in a process of its own; tells each figure as soon as it has it. */
import { createStaticEmbedder } from "../../src/embedders/static.ts";
import { type Question, questionsOf, recordsOf } from "../corpus/corpus.ts";
import { Stopwatch, type Timing } from "../measuring/timing.ts";
import type { Peer, PeerModule } from "./peer.ts";

export interface PeerTask {
  /** Name of the adapter's file. */
  readonly adapter: string;
  readonly folder: string;
  readonly size: number;
  readonly repetitions: number;
  /** Seconds that adding may take. */
  readonly addingSeconds: number;
  /** Seconds that each kind of search may take. */
  readonly seconds: number;
}

/** What was found out about a peer; a figure that is not there was not reached. */
export type PeerFigure =
  | { readonly added: number; readonly perSecond: number }
  | {
      readonly search: "all" | "user";
      readonly first: number;
      readonly timing: Timing;
      readonly found: number;
    }
  | { readonly reachedOut: string }
  | { readonly failed: string };

const BATCH = 500;

process.once("message", async (task: PeerTask) => {
  try {
    await measure(task);
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
  process.exit();
});

async function measure({ adapter, folder, size, repetitions, ...task }: PeerTask): Promise<void> {
  const { open } = (await import(`./${adapter}.ts`)) as PeerModule;
  const embedder = await createStaticEmbedder();
  const peer = await open({ folder, embed: (texts) => embedder.embed(texts) });
  const added = await addAll(peer, size, task.addingSeconds);
  // What was planted among records that did not get in cannot be found.
  const questions = questionsOf(added, repetitions);
  tell(await search(peer, "all", questions, task.seconds));
  tell(await search(peer, "user", questions, task.seconds));
}

async function addAll(peer: Peer, size: number, seconds: number): Promise<number> {
  let added = 0;
  let elapsed = 0;
  while (added < size && elapsed < seconds * 1000) {
    const batch = recordsOf(added, Math.min(size, added + BATCH));
    const start = performance.now();
    await peer.add(batch);
    elapsed += performance.now() - start;
    added += batch.length;
  }
  tell({ added, perSecond: (added / elapsed) * 1000 });
  return added;
}

async function search(
  peer: Peer,
  kind: "all" | "user",
  questions: readonly Question[],
  seconds: number,
): Promise<PeerFigure> {
  const [first, stopwatch] = [new Stopwatch(), new Stopwatch()];
  const start = performance.now();
  let asked = 0;
  let found = 0;
  for (const { text, userId, answer } of questions) {
    if (asked > 1 && performance.now() - start > seconds * 1000) break;
    const watch = asked === 0 ? first : stopwatch;
    const ids = await watch.time(() => peer.search(text, kind === "user" ? userId : null));
    asked++;
    if (ids.includes(answer)) found++;
  }
  return { search: kind, first: first.timing.value, timing: stopwatch.timing, found: found / asked };
}

function tell(figure: PeerFigure): void {
  process.send?.(figure);
}
