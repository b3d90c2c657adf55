import { RequestError } from "../contract/issues.ts";
import { forgetPolicyCodec } from "../contract/wire.ts";
import { RECORD_TYPES, type RecordType } from "../core/record.ts";
import type { ForgetPolicy } from "../operations.ts";

/**
 * A policy as the contract reads it: unknown keys are ignored, and a value of the wrong type counts as not set. Strictly
 * read, every value goes to the memory, which refuses wrong ones.
 */
export function policyOf(wire: Readonly<Record<string, unknown>>, strict: boolean): ForgetPolicy {
  if (strict) return strictPolicy(wire);
  const maxAgeDays = days(wire["max_age_days"]);
  const maxInactiveDays = days(wire["max_inactive_days"]);
  const hardAgeMultiplier = days(wire["hard_age_multiplier"]);
  const budget = wire["budget"];
  const types = wire["memory_type_allowlist"];
  return {
    ...(maxAgeDays !== null && { maxAgeDays }),
    ...(maxInactiveDays !== null && { maxInactiveDays }),
    ...(hardAgeMultiplier !== null && { hardAgeMultiplier }),
    ...(Number.isSafeInteger(budget) && (budget as number) >= 0 && { budget: budget as number }),
    ...(Array.isArray(types) && types.length > 0 && { types: types.filter(isType) }),
  };
}

function strictPolicy(wire: Readonly<Record<string, unknown>>): ForgetPolicy {
  const types = wire["memory_type_allowlist"];
  if (types !== undefined && !Array.isArray(types))
    throw RequestError.at(["body", "policy", "memory_type_allowlist"], "list_type", "must be a list", types);
  return forgetPolicyCodec.decode(wire) as ForgetPolicy;
}

function days(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function isType(value: unknown): value is RecordType {
  return RECORD_TYPES.includes(value as RecordType);
}
