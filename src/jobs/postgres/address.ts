import { ValidationError } from "../../core/errors.ts";

/** pg-boss makes longer names of it. */
const LONGEST_NAME = 50;

/** The URL of a store without the options that are the store's own, and the schema its jobs are kept in. */
export function readAddress(url: string): { readonly url: string; readonly schema: string } {
  if (!URL.canParse(url)) throw ValidationError.of("jobs", "is not a valid PostgreSQL URL");
  const parsed = new URL(url);
  const schema = `${parsed.searchParams.get("schema") ?? "memoir"}_jobs`;
  for (const name of ["schema", "pool", "timeout", "notify", "replica"]) parsed.searchParams.delete(name);
  // `pg` gives the modes of TLS another meaning unless it is asked for libpq's.
  if (parsed.searchParams.has("sslmode")) parsed.searchParams.set("uselibpqcompat", "true");
  return { url: parsed.href, schema };
}

/** @throws ValidationError for a name that pg-boss does not take. */
export function checkSchema(schema: string): string {
  const fits = Buffer.byteLength(schema) <= LONGEST_NAME && !/["'%$.\\]|\p{Cc}/u.test(schema);
  if (fits) return schema;
  throw ValidationError.of(
    "jobs",
    "cannot be kept by pg-boss in a schema of this name, too long or with signs such as % or a full stop: name another place",
    schema,
  );
}
