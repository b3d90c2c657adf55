import type * as z from "zod";
import { ValidationError } from "../../core/errors.ts";

/**
 * Checks that a value from a file has the shape we read, and gives it back.
 * @throws ValidationError naming every place where it has not.
 */
export function readShape<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  // The value itself, not the parser's copy: a key such as __proto__ must survive.
  if (result.success) return value as z.infer<Schema>;
  throw new ValidationError(
    result.error.issues.map((issue) => ({
      path: issue.path.map((key) => (typeof key === "symbol" ? String(key) : key)),
      type: issue.code,
      message: issue.message,
    })),
  );
}
