import type { Row } from "../report/row.ts";
import { measureImport } from "./import.ts";
import { measureRecall } from "./recall.ts";
import type { SectionOptions } from "./section.ts";
import { measureServer } from "./server.ts";
import { measureStores } from "./stores.ts";
import { measureVectors } from "./vectors.ts";
import { measureWrites } from "./writes.ts";

/** What a process of the benchmark can measure. */
export const SECTIONS = {
  import: measureImport,
  recall: measureRecall,
  vectors: measureVectors,
  writes: measureWrites,
  server: measureServer,
  stores: measureStores,
} satisfies Record<string, (options: SectionOptions) => Promise<Row[]>>;

export type SectionName = keyof typeof SECTIONS;
