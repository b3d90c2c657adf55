import { isPlainObject } from "../contract/codec.ts";
import { requestError } from "../contract/issues.ts";
import { OPERATION_SHAPES } from "../contract/native.ts";
import { operationCodec } from "../contract/wire.ts";
import type { IdSource } from "../core/identifiers.ts";
import type { SessionOperation } from "../core/session/operations.ts";
import { emptySession } from "../core/session/state.ts";
import type { Instant } from "../core/time.ts";

interface Making {
  readonly now: Instant;
  readonly ids: IdSource;
}

/** Operations as the wire brings them, with the parts filled in that a caller may leave out. The memory checks the rest. */
export function readOperations(
  operations: readonly Record<string, unknown>[],
  making: Making,
): SessionOperation[] {
  return operations.map((wire, index) => {
    checkShape(wire, index);
    const operation = operationCodec.decode(wire) as Record<string, unknown>;
    if (operation["operation"] === "append")
      return {
        ...operation,
        messages: complete(operation["messages"], making),
      } as unknown as SessionOperation;
    if (operation["operation"] === "replace" && isPlainObject(operation["content"])) {
      const content = { ...emptySession(making.now), ...operation["content"] };
      return {
        ...operation,
        content: { ...content, messages: complete(content.messages, making) },
      } as unknown as SessionOperation;
    }
    return operation as unknown as SessionOperation;
  });
}

function checkShape(wire: Record<string, unknown>, index: number): void {
  const name = String(wire["operation"]);
  const shape = Object.hasOwn(OPERATION_SHAPES, name) ? OPERATION_SHAPES[name] : undefined;
  const result = shape?.safeParse(wire, { reportInput: true });
  if (result?.error) throw requestError("body", result.error, ["operations", index]);
}

function complete(messages: unknown, { now, ids }: Making): unknown {
  if (!Array.isArray(messages)) return messages;
  return messages.map((message: unknown) =>
    isPlainObject(message)
      ? {
          name: null,
          metadata: {},
          persistedAt: null,
          extracted: false,
          createdAt: now,
          ...message,
          id: message["id"] ?? ids.next(),
        }
      : message,
  );
}
