import { z } from "zod";
import { RequestError, requestError } from "../contract/issues.ts";
import type { Operation } from "../contract/operations.ts";
import { MemoirError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";

/** How much one request may bring. */
export interface Limits {
  /** Bytes of a body. Default 10 MB. */
  readonly bodyBytes: number;
  /** Levels of objects and lists inside one another. Default 128. */
  readonly nesting: number;
}

/** The parts of a request, checked against its operation. */
export async function readInput(operation: Operation, template: string, request: Request, limits: Limits) {
  const url = new URL(request.url);
  const path = operation.path && readPath(template, url);
  const query = operation.query && parse("query", operation.query, readQuery(operation.query, url));
  const body = operation.body && parse("body", operation.body, await readBody(request, limits));
  return { path, query, body };
}

function parse(place: "query" | "body", schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) throw requestError(place, result.error);
  return result.data;
}

/** Path parameters. Each is one segment, decoded after the path was split, so an encoded slash is part of an id. */
function readPath(template: string, url: URL): Record<string, string> {
  const segments = url.pathname.split("/");
  const parameters: Record<string, string> = {};
  for (const [index, part] of template.split("/").entries()) {
    if (!part.startsWith("{")) continue;
    const name = part.slice(1, -1);
    const segment = decodeSegment(segments[index] ?? "", name);
    // `.` and `..` cannot stand in a path; they come in the query, see `fillPath`.
    parameters[name] = (segment === "-" && url.searchParams.get(name)) || segment;
    checkPathLabel(parameters[name], name);
  }
  return parameters;
}

function decodeSegment(segment: string, name: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw RequestError.at(["path", name], "string_unicode", "must be percent-encoded UTF-8", segment);
  }
}

function checkPathLabel(value: string, name: string): void {
  try {
    checkLabel(value, name);
  } catch (error) {
    const [issue] = (error as RequestError).issues;
    if (!issue) throw error;
    throw RequestError.at(["path", name], issue.type, issue.message);
  }
}

/** Query parameters: of a repeated one the last counts, unless the operation takes a list. */
function readQuery(schema: z.ZodObject, url: URL): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const given = url.searchParams.getAll(name);
    if (given.length > 0) values[name] = isList(field) ? given : given.at(-1);
  }
  return values;
}

function isList(field: unknown): boolean {
  return field instanceof z.ZodArray || (field instanceof z.ZodDefault && isList(field.def.innerType));
}

async function readBody(request: Request, { bodyBytes, nesting }: Limits): Promise<unknown> {
  const bytes = await readBytes(request, bodyBytes);
  if (bytes.byteLength === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw RequestError.at(["body", 0], "json_invalid", "must be JSON in UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw RequestError.at(["body", Number(position ?? 0)], "json_invalid", "must be JSON");
  }
  checkJsonLimits(value, nesting);
  return value;
}

/** The whole body, given up as soon as it is known to be too long. */
async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const tooLarge = () => new MemoirError("body_too_large", `The body has more than ${limit} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Refuses nesting that would exhaust the stack of whoever walks the value, and numbers too large for JavaScript. */
function checkJsonLimits(value: unknown, nesting: number): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > nesting)
      throw RequestError.at(["body"], "recursion_limit", `must not nest deeper than ${nesting} levels`);
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === "number" && !Number.isFinite(item))
        throw RequestError.at(["body"], "finite_number", "must not hold a number beyond 1.8e308");
      if (typeof item !== "object" || item === null) continue;
      for (const part of Array.isArray(item) ? item : Object.values(item)) next.push(part);
    }
    level = next;
  }
}
