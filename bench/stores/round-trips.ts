import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { type Memory, openMemory, type Session } from "../../src/index.ts";
import type { Row } from "../report/row.ts";

/** What a conversation does, one thing after another. */
const STEPS: readonly (readonly [name: string, step: (memory: Memory, chat: Session) => Promise<unknown>])[] =
  [
    ["begin with a message", (_, chat) => chat.append({ role: "user", content: "Book me a flight" })],
    ["append a message", (_, chat) => chat.append({ role: "assistant", content: "Where to?" })],
    ["read the messages", (_, chat) => chat.messages()],
    ["set a field", (_, chat) => chat.data.set("city", "Rome")],
    ["get a field", (_, chat) => chat.data.get("city")],
    ["count", (_, chat) => chat.data.increment("turns")],
    ["push to a list", (_, chat) => chat.list("steps").push("search", "compare")],
    ["pop from a list", (_, chat) => chat.list("steps").pop()],
    ["remember", (memory) => memory.add("Prefers aisle seats")],
    ["search", (memory) => memory.search("where does she like to sit?")],
    ["context for a model", (_, chat) => chat.context("seat for the flight")],
    ["end", (_, chat) => chat.end()],
  ];

/** How often each step of a conversation waits for the server, counted on the wire. */
export async function measureRoundTrips(name: string, url: string, size: number): Promise<Row[]> {
  const route = await countingRouteTo(new URL(url));
  const through = new URL(url);
  through.host = `127.0.0.1:${route.port}`;
  // Nobody waits for what is told to followers.
  if (name === "postgres") through.searchParams.set("notify", "off");
  const memory = await openMemory(through.href, { workers: 0, jobs: "memory:" });
  // The connection is made and the scripts are known before it is counted.
  for (const [, step] of STEPS) await step(memory, memory.session("before"));
  const rows: Row[] = [];
  for (const [step, run] of STEPS) {
    const before = route.trips();
    await run(memory, memory.session("chat"));
    rows.push({
      section: "stores: round trips",
      name: `${name}: ${step}`,
      records: size,
      unit: "count",
      value: route.trips() - before,
      target: { of: "value", atMost: 1 },
    });
  }
  await memory.close();
  route.close();
  return rows;
}

/** A way to a server that counts how often somebody begins to ask: what is sent on before the answer is one asking. */
async function countingRouteTo({ hostname, port }: URL) {
  let trips = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let asking = false;
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.setNoDelay(true).on("error", end).on("close", end);
    near.on("data", (request) => {
      if (!asking) trips++;
      asking = true;
      far.write(request);
    });
    far.on("data", (answer) => {
      asking = false;
      near.write(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    trips: () => trips,
    close: () => server.close(),
  };
}
