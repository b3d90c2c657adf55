/**
 * Writes records and messages of one shared session into a memory, and tells each when it was acknowledged:
 * `write.ts STORE NAME COUNT LANES`. Each lane writes one after another, the lanes side by side.
 */
import { writeSync } from "node:fs";
import { openMemory } from "../../src/index.ts";

const [store = "", name = "", count = "0", lanes = "1"] = process.argv.slice(2);
const memory = await openMemory(store);

// Straight to the pipe: what is buffered in a process dies with it.
const acknowledge = (kind: string, id: string) => writeSync(1, `${kind} ${id}\n`);

async function lane(number: number): Promise<void> {
  for (let index = 0; index < Number(count); index++) {
    const id = `${name}-${number}-${index}`;
    await memory.add({ id, text: `Note ${index} of ${name}`, metadata: { index } }, { deduplicate: false });
    acknowledge("record", id);
    await memory.session("shared").append({ id, role: "user", content: `Message ${index} of ${name}` });
    acknowledge("message", id);
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, (_, number) => lane(number)));
await memory.close();
