import { ValidationError } from "../../core/errors.ts";
import { checkLabel } from "../../core/identifiers.ts";
import { checkJsonObject } from "../../core/json.ts";
import type { InstantInput } from "../../core/time.ts";
import { contentText } from "./content.ts";
import { type Format, importedTurn } from "./imported.ts";

/** Names that files give to the same thing. */
const SESSION = ["sessionId", "session_id", "conversationId", "conversation_id", "threadId", "thread_id"];
const CREATED = ["createdAt", "created_at", "timestamp", "time"];

/**
 * JSON Lines of messages, `{"role", "content", …}` as model interfaces have them, with the session in each line, in
 * `--session`, or in the name of the file.
 */
export const messages: Format = {
  fits: (value) => typeof value["role"] === "string" && "content" in value,
  read(value, origin) {
    const role = checkLabel(value["role"], "role");
    const text = contentText(value["content"]);
    if (text === "") return [{ kind: "leftOut", reason: "message without text" }];
    const session = first(value, SESSION) ?? origin.scope.sessionId ?? origin.stem;
    if (session === null) throw ValidationError.of("sessionId", "is missing; give it, or use --session");
    const turn = {
      format: "message",
      sessionId: checkLabel(asLabel(session), "sessionId"),
      messageId: value["id"] == null ? null : checkLabel(asLabel(value["id"]), "id"),
      role,
      name: value["name"] == null ? null : checkLabel(value["name"], "name"),
      text,
      createdAt: (first(value, CREATED) as InstantInput | undefined) ?? null,
      metadata: checkJsonObject(value["metadata"] ?? {}, ["metadata"]),
    };
    return [importedTurn(turn, origin)];
  },
};

function first(value: Record<string, unknown>, names: readonly string[]): unknown {
  const name = names.find((candidate) => value[candidate] != null);
  return name === undefined ? undefined : value[name];
}

function asLabel(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}
