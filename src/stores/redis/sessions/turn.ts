import { setTimeout as wait } from "node:timers/promises";
import { StoreError } from "../../../core/errors.ts";
import type { SessionKey } from "../../../core/session/state.ts";
import { sessionFieldKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";

/** Milliseconds a turn lasts when its owner does not end it. */
const TURN_MS = 2000;

/**
 * Waits for the turn to write a session. While somebody has it, other writers wait; that is fairness and no lock: whoever
 * overstays his turn finds the session changed and begins anew.
 * @returns the token that shows the turn; the write that carries it ends the turn.
 */
export async function takeTurn(
  { server, prefix, requestId, timeout }: Parts,
  key: SessionKey,
): Promise<string> {
  const turn = sessionFieldKey(prefix, key, "turn");
  const token = requestId();
  const start = performance.now();
  for (;;) {
    const taken = await server.command(turn, ["SET", turn, token, "NX", "PX", String(TURN_MS)]);
    if (taken !== null) return token;
    if (performance.now() - start > timeout)
      throw new StoreError("store_busy", `Others kept writing to session ${JSON.stringify(key.sessionId)}.`);
    await wait(2 + Math.random() * 8);
  }
}
