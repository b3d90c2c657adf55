import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A wire between the store and its server, which can be watched and cut. */
export interface Proxy {
  readonly url: string;
  /** How often the store has sent something and waited for an answer. */
  roundTrips(): number;
  /** Breaks the connection as soon as the next answer comes, which is then lost. */
  loseNextAnswer(): void;
  /** Breaks every connection now. */
  cut(): void;
}

/** Stands between the tests and a server until the test ends. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let trips = 0;
  let answered = true;
  let losing = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", end).on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    near.on("data", (bytes) => {
      if (answered) trips++;
      answered = false;
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      answered = true;
      if (losing) {
        losing = false;
        end();
      } else near.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(async () => {
    cut();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    roundTrips: () => trips,
    loseNextAnswer: () => {
      losing = true;
    },
    cut,
  };
}
