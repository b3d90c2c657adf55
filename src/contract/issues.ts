import type { z } from "zod";
import { type InputIssue, ValidationError } from "../core/errors.ts";
import { libraryPath, wirePath } from "./wire.ts";

/** One entry of the list that a 422 answer gives as `detail`. */
export interface WireIssue {
  readonly type: string;
  /** `body`, `query`, `path` or `header`, then field names and list indexes. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

export type Place = "body" | "query" | "path" | "header";

/** A request whose parts do not have the form the contract asks. Its paths carry wire names. */
export class RequestError extends ValidationError {
  readonly wireIssues: readonly WireIssue[];

  constructor(wireIssues: readonly WireIssue[]) {
    super(
      wireIssues.map(({ type, loc, msg, input }) => ({
        path: libraryPath(loc.slice(1)),
        type,
        message: msg.replace(/^Value error, /, ""),
        input,
      })),
    );
    this.wireIssues = wireIssues;
  }

  static at(loc: readonly [Place, ...(string | number)[]], type: string, message: string, input?: unknown) {
    return new RequestError([wireIssue({ type, path: [], message, input }, loc)]);
  }
}

/** Zod's findings as the contract words them. */
export function requestError(place: Place, error: z.ZodError, prefix: InputIssue["path"] = []): RequestError {
  return new RequestError(flatten(error.issues, prefix).map((issue) => wireIssue(issue, [place])));
}

/** What the memory itself refused, in wire names. */
export function wireIssues(error: ValidationError, locate: (path: InputIssue["path"]) => WireIssue["loc"]) {
  if (error instanceof RequestError) return error.wireIssues;
  return error.issues.map((issue) => wireIssue({ ...issue, path: [] }, locate(wirePath(issue.path))));
}

function wireIssue({ type, path, message, input }: InputIssue, prefix: WireIssue["loc"]): WireIssue {
  const custom = type === "value_error";
  return {
    type,
    loc: [...prefix, ...path],
    msg: custom && !message.startsWith("Value error, ") ? `Value error, ${message}` : message,
    input: echo(input),
    ...(custom && { ctx: { error: {} } }),
  };
}

const LONGEST_ECHO = 500;

/** The offending value, unless it is long: an answer must not grow with what was sent. */
function echo(input: unknown): unknown {
  if (input === undefined) return null;
  if (typeof input === "string") return input.slice(0, LONGEST_ECHO).toWellFormed();
  if (typeof input !== "object" || input === null) return input;
  const text = JSON.stringify(input);
  return text.length <= LONGEST_ECHO ? input : null;
}

type Issue = z.core.$ZodIssue;

function flatten(issues: readonly Issue[], prefix: readonly PropertyKey[]): InputIssue[] {
  return issues.flatMap((issue): InputIssue[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0)
      return flatten(closest(issue.errors), path);
    return [
      {
        path: path.map((step) => (typeof step === "number" ? step : String(step))),
        ...describe(issue),
        input: issue.input,
      },
    ];
  });
}

/** The branch of a union that the value came closest to: the one whose own type it has. */
function closest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  return branches.find((issues) => issues.every((issue) => issue.path.length > 0)) ?? branches.at(-1) ?? [];
}

function describe(issue: Issue): { type: string; message: string } {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, issue.input);
    case "too_small": {
      if (issue.origin === "string") return { type: "string_too_short", message: "must not be empty" };
      if (issue.origin === "array")
        return { type: "too_short", message: `must have at least ${issue.minimum} entries` };
      return { type: "greater_than_equal", message: `must be at least ${issue.minimum}` };
    }
    case "too_big": {
      if (issue.origin === "string")
        return { type: "string_too_long", message: `must not be longer than ${issue.maximum} characters` };
      if (issue.origin === "array")
        return { type: "too_long", message: `must have at most ${issue.maximum} entries` };
      return { type: "less_than_equal", message: `must be at most ${issue.maximum}` };
    }
    case "invalid_value": {
      if (issue.input === undefined) return { type: "missing", message: "is required" };
      const literal = LITERALS.has(String(issue.path.at(-1)));
      return {
        type: literal ? "literal_error" : "enum",
        message: `must be one of ${issue.values.map(String).join(", ")}`,
      };
    }
    case "custom":
      return { type: String(issue.params?.["type"] ?? "value_error"), message: issue.message };
    case "invalid_union":
      return { type: "union_tag_invalid", message: "is not one of the known kinds" };
    default:
      return { type: "value_error", message: issue.message };
  }
}

/** Fields the contract describes as literals rather than enumerations. */
const LITERALS = new Set(["discrete_memory_extracted", "strategy"]);

function wrongType(expected: string, input: unknown): { type: string; message: string } {
  if (input === undefined) return { type: "missing", message: "is required" };
  switch (expected) {
    case "string":
      return { type: "string_type", message: "must be a string" };
    case "array":
      return { type: "list_type", message: "must be a list" };
    case "int":
      if (typeof input === "number") return { type: "int_from_float", message: "must be a whole number" };
      return {
        type: typeof input === "string" ? "int_parsing" : "int_type",
        message: "must be a whole number",
      };
    case "number":
      if (typeof input === "number") return { type: "finite_number", message: "must be a finite number" };
      return {
        type: typeof input === "string" ? "float_parsing" : "float_type",
        message: "must be a number",
      };
    case "boolean": {
      const readable = typeof input === "string" || typeof input === "number";
      return { type: readable ? "bool_parsing" : "bool_type", message: "must be true or false" };
    }
    default:
      return { type: "model_attributes_type", message: "must be an object" };
  }
}
