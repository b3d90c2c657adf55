/** Loaded before a peer: whoever reaches out is refused, and told of. */
import { Socket } from "node:net";

Socket.prototype.connect = function refuse(...given: unknown[]): never {
  const [target] = given.flat();
  const { host = "a socket" } = (typeof target === "object" && target !== null ? target : {}) as {
    host?: string;
  };
  process.send?.({ reachedOut: host });
  throw new Error(`There is no network in the benchmark, not even to ${host}`);
};
