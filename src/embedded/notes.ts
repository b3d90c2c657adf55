import { ValidationError } from "../core/errors.ts";
import { checkText } from "../core/identifiers.ts";
import type { ChangeNote } from "../core/record.ts";

/** The author, reason and confidence of a write, checked. */
export function noteOf(options: ChangeNote): ChangeNote {
  const { actor, reason, confidence } = options;
  if (confidence !== undefined && !(confidence >= 0 && confidence <= 1))
    throw ValidationError.of("confidence", "must be a number from 0 to 1", confidence, "float_type");
  return {
    ...(actor !== undefined && { actor: checkText(actor, "actor") }),
    ...(reason !== undefined && { reason: checkText(reason, "reason") }),
    ...(confidence !== undefined && { confidence }),
  };
}
