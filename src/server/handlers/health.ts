import { DEFAULT_TENANT, UNRESTRICTED } from "../../core/scope.ts";
import type { Handlers, Surroundings } from "../call.ts";
import { Refusal } from "../errors.ts";

/** Signs of life. `ready` reads from the store, so a load balancer stops sending when the store is gone. */
export function healthHandlers({
  operations,
  clock,
  closing,
}: Surroundings): Handlers<"health" | "live" | "ready"> {
  return {
    async health() {
      return { now: Math.trunc(clock.now()) };
    },
    async live() {
      return { status: "ok" };
    },
    async ready() {
      if (closing.aborted) throw new Refusal(503, "The server is shutting down", "store_closed");
      await operations.listSessions({ ...UNRESTRICTED, tenant: DEFAULT_TENANT }, { limit: 1 });
      return { status: "ok" };
    },
  };
}
