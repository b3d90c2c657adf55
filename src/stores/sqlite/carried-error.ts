import { errorFromCode, MemoirError, ValidationError } from "../../core/errors.ts";
import { resultCode } from "./driver.ts";

/** An error on its way from one thread to another, which would lose its class and its own fields. */
export type CarriedError =
  | { readonly kind: "invalid"; readonly issues: ValidationError["issues"] }
  | {
      readonly kind: "memoir";
      readonly code: MemoirError["code"];
      readonly message: string;
      readonly details: MemoirError["details"];
      readonly cause: CarriedError | null;
    }
  | { readonly kind: "sqlite"; readonly message: string; readonly errcode: number }
  /** Any other class of the language itself travels as it is. */
  | { readonly kind: "other"; readonly error: unknown };

export function carry(error: unknown): CarriedError {
  if (error instanceof ValidationError) return { kind: "invalid", issues: error.issues };
  if (MemoirError.is(error)) {
    const { code, message, details, cause } = error;
    return { kind: "memoir", code, message, details, cause: cause === undefined ? null : carry(cause) };
  }
  const errcode = resultCode(error);
  if (errcode === undefined) return { kind: "other", error };
  return { kind: "sqlite", message: (error as Error).message, errcode };
}

export function carriedError(carried: CarriedError): unknown {
  switch (carried.kind) {
    case "invalid":
      return new ValidationError(carried.issues);
    case "memoir": {
      const { code, message, details, cause } = carried;
      return errorFromCode(code, message, { details, ...(cause && { cause: carriedError(cause) }) });
    }
    case "sqlite":
      return Object.assign(new Error(carried.message), { errcode: carried.errcode });
    case "other":
      return carried.error;
  }
}
