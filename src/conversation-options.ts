import { knownNames } from "./core/known-names.ts";
import { checkSeconds, checkWholeNumber } from "./core/option-values.ts";

/** What holds where a call does not say. */
export interface FieldDefaults {
  /** Seconds a field lives after it was last written; null for as long as the conversation. Default 3600. */
  readonly ttl?: number | null;
  /** How many of the newest messages `getMessages` gives. Default 100. */
  readonly messages?: number;
}

/** What holds for conversations and their fields where a call does not say. */
export interface ConversationOptions extends FieldDefaults {
  /** Seconds a new conversation lives after it was last written to; null for ever. Default 86400, a day. */
  readonly conversationTtl?: number | null;
}

const checkConversationNames = knownNames<ConversationOptions>("conversations", {
  ttl: true,
  messages: true,
  conversationTtl: true,
});

/** @throws ValidationError naming the option. */
export function checkConversationOptions(options?: ConversationOptions, path: readonly string[] = []): void {
  checkConversationNames(options, path);
  const { ttl, conversationTtl, messages } = options ?? {};
  checkSeconds(ttl, [...path, "ttl"]);
  checkSeconds(conversationTtl, [...path, "conversationTtl"]);
  checkWholeNumber(messages, [...path, "messages"]);
}
