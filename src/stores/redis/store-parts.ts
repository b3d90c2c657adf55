import type { Logger } from "../../core/logger.ts";
import type { Server } from "./connection/server.ts";
import type { EncodeValue } from "./values.ts";

/** What every part of the store works with. */
export interface Parts {
  readonly server: Server;
  /** Begins every key. */
  readonly prefix: string;
  /** Milliseconds a call may take. */
  readonly timeout: number;
  readonly encode: EncodeValue;
  /** An id that no other call has, of this process or another. */
  readonly requestId: () => string;
  readonly logger: Logger;
}
