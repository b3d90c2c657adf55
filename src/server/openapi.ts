import { z } from "zod";
import { OPERATIONS, type Operation } from "../contract/operations.ts";
import { ROUTES, type RouteName } from "../contract/routes.ts";

type Json = Record<string, unknown>;

export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

const ERROR = z.object({
  detail: z.union([
    z.string(),
    z.array(
      z.object({
        type: z.string(),
        loc: z.array(z.union([z.string(), z.int()])),
        msg: z.string(),
        input: z.unknown(),
      }),
    ),
  ]),
  code: z.string().describe("Stable name of the error, for programs."),
  remedy: z.string().describe("What the caller can do about it."),
  fields: z.array(z.unknown()).optional().describe("The findings of a 422 in the library's own names."),
  details: z.record(z.string(), z.unknown()).optional(),
});

const HEADERS = {
  idempotency: header(
    "Idempotency-Key",
    "Repeating a write with the same key does nothing and gives the first answer.",
  ),
  match: header(
    "If-Match",
    'Version the record or session must have, for example "3"; 412 when it has another.',
  ),
  tenant: header("Memoir-Tenant", "Whose data, percent-encoded. Default: the server's own tenant."),
};

/** The description of the HTTP interface for people and generators, made from the table of operations. */
export function openApiDocument(): OpenApiDocument {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, [method, path]] of Object.entries(ROUTES)) {
    const operation: Operation = OPERATIONS[name as RouteName];
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(name, method, operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Memoir",
      version: "1",
      description:
        "Working memory and long-term memory for agents. The routes of Redis Agent Memory Server work as its clients " +
        "expect; errors carry detail, code and remedy.",
    },
    paths,
    components: {
      schemas: { Error: jsonSchema(ERROR, "output") },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

function describe(name: string, method: string, operation: Operation): Json {
  const writes = method !== "GET";
  return {
    operationId: name,
    tags: [operation.tag],
    summary: operation.summary,
    parameters: [
      ...parameters("path", operation.path),
      ...parameters("query", operation.query),
      ...(operation.open ? [] : [HEADERS.tenant]),
      ...(writes ? [HEADERS.idempotency, HEADERS.match] : []),
    ],
    ...(operation.body && {
      requestBody: { required: true, ...content(jsonSchema(operation.body, "input")) },
    }),
    responses: {
      200: { description: "Done", ...content(jsonSchema(operation.response, "output")) },
      default: { description: "An error", ...content({ $ref: "#/components/schemas/Error" }) },
    },
    ...(operation.open ? { security: [] } : { security: [{}, { bearer: [] }] }),
  };
}

function parameters(place: "path" | "query", schema: z.ZodObject | undefined): Json[] {
  if (!schema) return [];
  const { properties, required = [] } = jsonSchema(schema, "input") as {
    properties: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: property,
  }));
}

function header(name: string, description: string): Json {
  return { name, in: "header", required: false, description, schema: { type: "string" } };
}

function content(schema: Json): Json {
  return { content: { "application/json": { schema } } };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: written }) => {
      // Zod leaves out the default of a value that it transforms; ours are the same before and after.
      if (zodSchema instanceof z.ZodDefault) written.default = zodSchema.def.defaultValue;
    },
  });
  return json;
}
