import type { Message } from "../../../core/session/state.ts";
import { fromInstantKey, instantKey } from "../../../core/time.ts";
import { decodeValue, type EncodeValue, type Stored } from "../values.ts";

/** Widths of what stands before the content, see `MESSAGES` among the instructions. */
const PLACE = 16;
const INSTANT = 27;
const HEAD = PLACE + INSTANT + 1 + INSTANT;
const NEVER = " ".repeat(INSTANT);

/** Times and flags, which scripts read and change in place, and the rest as a value. The place is the script's to give. */
export function encodeMessage(message: Message, encode: EncodeValue): Stored {
  const { id: _, createdAt, extracted, persistedAt, ...rest } = message;
  const head = instantKey(createdAt) + flag(extracted) + persistedText(persistedAt);
  const body = encode(rest);
  return typeof body === "string" ? head + body : Buffer.concat([Buffer.from(head), body]);
}

export function flag(value: boolean): string {
  return value ? "1" : "0";
}

export function persistedText(persistedAt: Message["persistedAt"]): string {
  return persistedAt === null ? NEVER : instantKey(persistedAt);
}

export interface PlacedMessage {
  readonly place: number;
  readonly message: Message;
}

export function decodeMessage(id: string, kept: Buffer): PlacedMessage {
  const head = kept.toString("latin1", 0, HEAD);
  const [place, created] = [head.slice(0, PLACE), head.slice(PLACE, PLACE + INSTANT)];
  const [extracted, persisted] = [head.charAt(PLACE + INSTANT), head.slice(PLACE + INSTANT + 1)];
  const rest = decodeValue(kept.subarray(HEAD)) as unknown as Pick<
    Message,
    "role" | "content" | "name" | "metadata"
  >;
  const message = {
    id,
    ...rest,
    createdAt: fromInstantKey(created),
    persistedAt: persisted === NEVER ? null : fromInstantKey(persisted),
    extracted: extracted === "1",
  };
  return { place: Number(place), message };
}
