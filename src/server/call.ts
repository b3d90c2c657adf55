import type { z } from "zod";
import type { OPERATIONS } from "../contract/operations.ts";
import type { RouteName } from "../contract/routes.ts";
import type { Clock } from "../core/clock.ts";
import type { IdSource } from "../core/identifiers.ts";
import type { Logger } from "../core/logger.ts";
import type { BackgroundWork } from "../embedded/background.ts";
import type { MemoryOperations } from "../operations.ts";

/** What the contract lets an operator choose. */
export interface Settings {
  /** False answers every long-term operation with 400. Default true. */
  readonly longTermMemory: boolean;
  /** Keep every message as a long-term record, too, and rebuild ended sessions from them. Default false. */
  readonly indexAllMessages: boolean;
  /** Refuse messages without `created_at`. Default false. */
  readonly requireMessageTimestamps: boolean;
  /** Share of a model's window at which a conversation counts as full, 0 to 1. Default 0.7. */
  readonly summarizationThreshold: number;
  /** How many of the newest messages prompts and contexts take at most when a request does not say; null for all. Default null. */
  readonly newestMessages: number | null;
}

/** What handlers work with. */
export interface Surroundings {
  readonly operations: MemoryOperations;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly settings: Settings;
  /** Milliseconds between two looks at the change feed, and between two signs of life on a quiet stream. */
  readonly stream: { readonly poll: number; readonly heartbeat: number };
  /** Work that outlives its request. */
  readonly background: BackgroundWork;
  /** Fires when the server shuts down: streams end then. */
  readonly closing: AbortSignal;
}

/** What a request says besides its path, query and body. */
export interface Call {
  readonly tenant: string;
  readonly headers: Headers;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal;
  readonly idempotencyKey: string | undefined;
  /** Version named by `If-Match`, 0 for `If-None-Match: *`. */
  readonly expectedVersion: number | undefined;
}

type Part<Name extends RouteName, Key extends "path" | "query" | "body"> =
  (typeof OPERATIONS)[Name] extends Record<Key, infer Schema extends z.ZodType>
    ? z.output<Schema>
    : undefined;

/** A checked request for one operation. */
export interface Request<Name extends RouteName> {
  readonly path: Part<Name, "path">;
  readonly query: Part<Name, "query">;
  readonly body: Part<Name, "body">;
  readonly call: Call;
}

/** Gives what is sent as JSON with status 200, or a response of its own. */
export type Handler<Name extends RouteName> = (request: Request<Name>) => Promise<object | Response>;

export type Handlers<Names extends RouteName = RouteName> = {
  readonly [Name in Names]: Handler<Name>;
};
