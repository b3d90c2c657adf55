import { quantile } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";
import { type Engine, OPERATIONS, type Operation, type Work } from "./engine.ts";
import { ownWork } from "./own.ts";

const ROUNDS = 3;
/** How many at once, and what share of the bare driver's rate Memoir's store aims at. */
const KINDS = [
  { atOnce: 1, aim: 0.6 },
  { atOnce: 50, aim: 0.8 },
] as const;

/** Operations a second, Memoir's store and the bare driver in turns. */
export async function measureRates(engine: Engine, seconds: number): Promise<Row[]> {
  const own = ownWork(engine.store);
  const rows: Row[] = [];
  let next = 0;
  const rate = async (operation: Operation, atOnce: number, work: Work, together?: Engine["together"]) => {
    const start = performance.now();
    const end = start + seconds * 1000;
    let done = 0;
    if (together && atOnce > 1)
      for (; performance.now() < end; done += atOnce) await together(operation, next++, atOnce);
    else {
      const lane = async (number: number) => {
        for (; performance.now() < end; done++) await work[operation](next++, number);
      };
      await Promise.all(Array.from({ length: atOnce }, (_, number) => lane(number)));
    }
    return (done / (performance.now() - start)) * 1000;
  };
  for (const operation of OPERATIONS)
    for (const { atOnce, aim } of KINDS) {
      const [ours, bare]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        bare.push(await rate(operation, atOnce, engine.bare, engine.together));
        ours.push(await rate(operation, atOnce, own));
      }
      rows.push({
        section: "stores: rates",
        name: `${engine.name}: ${operation}, ${atOnce} at once`,
        records: next,
        unit: "/s",
        value: quantile(ours, 0.5),
        reference: { name: engine.driver, value: quantile(bare, 0.5) },
        target: { of: "ratio", atLeast: aim },
      });
    }
  return rows;
}
