import { requestError } from "../contract/issues.ts";
import { OPERATION_SHAPES } from "../contract/native.ts";
import { operationCodec } from "../contract/wire.ts";
import type { SessionOperationInput } from "../core/session/operations.ts";

/** Operations as the wire brings them. The memory fills in what was left out and checks the rest. */
export function readOperations(operations: readonly Record<string, unknown>[]): SessionOperationInput[] {
  return operations.map((wire, index) => {
    checkShape(wire, index);
    return operationCodec.decode(wire) as SessionOperationInput;
  });
}

function checkShape(wire: Record<string, unknown>, index: number): void {
  const name = String(wire["operation"]);
  const shape = Object.hasOwn(OPERATION_SHAPES, name) ? OPERATION_SHAPES[name] : undefined;
  const result = shape?.safeParse(wire, { reportInput: true });
  if (result?.error) throw requestError("body", result.error, ["operations", index]);
}
