import { ValidationError } from "../core/errors.ts";
import {
  type EvaluationItem,
  type EvaluationQuestion,
  readItem,
  readQuestion,
} from "../evaluation/dataset.ts";
import { readElements } from "./import/elements.ts";
import { findSource } from "./import/source.ts";

/** What to remember, and what to ask then. */
export interface Pair {
  readonly items: EvaluationItem[];
  readonly questions: EvaluationQuestion[];
}

/** Things in the files that are not as they should be but do no harm, counted. */
export class Warnings {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  list(): string[] {
    return [...this.#counts].map(([what, count]) => `${count} ${what}`);
  }
}

/**
 * Reads a file of items and a file of questions.
 * @throws ValidationError naming file and line: what is measured on damaged data says nothing.
 */
export async function readPair(
  names: { readonly items: string; readonly questions: string },
  { signal, warnings }: { signal: AbortSignal; warnings: Warnings },
): Promise<Pair> {
  const items = new Map<string, EvaluationItem>();
  await readAll(names.items, signal, (value) => {
    const item = readItem(value, () => warnings.add("items have a createdAt that names no instant"));
    if (item === null) warnings.add("items have no text and were left out");
    else if (items.has(item.id)) throw ValidationError.of("id", "is in an earlier line already", item.id);
    else items.set(item.id, item);
  });
  const questions: EvaluationQuestion[] = [];
  await readAll(names.questions, signal, (value) => {
    const question = readQuestion(value);
    for (const id of question.evidence) if (!items.has(id)) warnings.add("ids of evidence are of no item");
    questions.push(question);
  });
  return { items: [...items.values()], questions };
}

async function readAll(name: string, signal: AbortSignal, take: (value: unknown) => void): Promise<void> {
  for await (const element of readElements(await findSource(name), signal)) {
    const place = `${name}, ${element.place}`;
    if ("problem" in element) throw ValidationError.of([place], element.problem);
    try {
      take(element.value);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      throw new ValidationError(error.issues.map((issue) => ({ ...issue, path: [place, ...issue.path] })));
    }
  }
}
