import type { Logger } from "../../core/logger.ts";
import type { RedisSettings } from "./connection/settings.ts";

/** Where Redis is, and how it is used; what is set here wins over what the URL says. */
export interface RedisStoreOptions extends RedisSettings {
  /**
   * `redis://[user:password@]host[:port][/database]`, `redis+sentinel://host1,host2/name[/database]`,
   * `redis+cluster://host1,host2`, or the same with `rediss` for TLS. The settings may stand behind a question mark.
   */
  readonly url: string;
  readonly logger?: Logger;
}
