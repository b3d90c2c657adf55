import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A way to a server that fails when it is told to. */
export interface FaultyRoute {
  readonly port: number;
  /** Breaks every connection. New ones are taken. */
  cut(): void;
  /** Lets the next requests through, and breaks each connection instead of passing the answer on. */
  loseAnswers(): void;
  /** Breaks the connection as soon as the next answer comes, which is then lost, and passes everything on again. */
  loseNextAnswer(): void;
  /** Holds everything back: nothing is lost, but nothing arrives. */
  stall(): void;
  /** Takes no connections, as a server that is not there. */
  refuse(): void;
  /** Passes everything on again. */
  mend(): void;
  /** How often something was sent and an answer waited for. */
  roundTrips(): number;
  /** Leads new connections to another port, and breaks those there are. */
  turnTo(port: number): void;
}

type Mode = "pass" | "lose answers" | "lose next answer" | "stall" | "refuse";

/** Makes such a way to a port of this machine until the test has ended. */
export async function faultyRouteTo(port: number): Promise<FaultyRoute> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let mode: Mode = "pass";
  let target = port;
  let trips = 0;
  let answered = true;

  const server = createServer((near) => {
    if (mode === "refuse") {
      near.resetAndDestroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    const pair = { near, far };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.setNoDelay(true).on("error", end).on("close", end);
    near.on("data", (request) => {
      if (answered) trips++;
      answered = false;
      far.write(request);
    });
    far.on("data", (answer) => {
      answered = true;
      if (mode !== "lose answers" && mode !== "lose next answer") {
        near.write(answer);
        return;
      }
      if (mode === "lose next answer") mode = "pass";
      end();
    });
    if (mode === "stall") hold(pair, true);
  });

  const hold = ({ near, far }: { near: Socket; far: Socket }, held: boolean) => {
    for (const socket of [near, far]) held ? socket.pause() : socket.resume();
  };
  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  const turn = (to: Mode) => {
    mode = to;
    for (const pair of pairs) hold(pair, to === "stall");
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    loseAnswers: () => turn("lose answers"),
    loseNextAnswer: () => turn("lose next answer"),
    stall: () => turn("stall"),
    refuse() {
      turn("refuse");
      cut();
    },
    mend: () => turn("pass"),
    roundTrips: () => trips,
    turnTo(other) {
      target = other;
      cut();
    },
  };
}
