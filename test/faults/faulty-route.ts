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
  /** Holds everything back: nothing is lost, but nothing arrives. */
  stall(): void;
  /** Takes no connections, as a server that is not there. */
  refuse(): void;
  /** Passes everything on again. */
  mend(): void;
  /** Leads new connections to another port, and breaks those there are. */
  turnTo(port: number): void;
}

type Mode = "pass" | "lose answers" | "stall" | "refuse";

/** Makes such a way to a port of this machine until the test has ended. */
export async function faultyRouteTo(port: number): Promise<FaultyRoute> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let mode: Mode = "pass";
  let target = port;

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
    near.on("data", (request) => far.write(request));
    far.on("data", (answer) => {
      if (mode === "lose answers") end();
      else near.write(answer);
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
    stall: () => turn("stall"),
    refuse() {
      turn("refuse");
      cut();
    },
    mend: () => turn("pass"),
    turnTo(other) {
      target = other;
      cut();
    },
  };
}
