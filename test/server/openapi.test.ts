import { describe, expect, test } from "vitest";
import { ROUTES } from "../../src/contract/routes.ts";
import { docsPage } from "../../src/server/docs.ts";
import { openApiDocument } from "../../src/server/openapi.ts";

const document = openApiDocument();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object inside a value. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* objectsIn(part);
}

describe("the OpenAPI document", () => {
  test("has every route once, under its own name", () => {
    const described = operations.map(({ path, method, operation }) => [
      operation["operationId"],
      method.toUpperCase(),
      path,
    ]);
    const routes = Object.entries(ROUTES).map(([name, [method, path]]) => [name, method, path]);
    expect(described.sort()).toEqual(routes.sort());
  });

  test.each(operations)(
    "declares exactly the parameters of the path: $method $path",
    ({ path, operation }) => {
      const declared = (operation["parameters"] as Record<string, unknown>[])
        .filter((parameter) => parameter["in"] === "path")
        .map((parameter) => [parameter["name"], parameter["required"]]);
      expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]));
    },
  );

  test("refers only to what is there", () => {
    const references = [...objectsIn(document)].flatMap((object) =>
      typeof object["$ref"] === "string" ? object["$ref"] : [],
    );
    const known = Object.keys(document.components["schemas"] as object).map(
      (name) => `#/components/schemas/${name}`,
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references)) expect(known).toContain(reference);
  });

  test("describes types, ranges and defaults of what a client sends", () => {
    const list = document.paths["/v1/working-memory/"]?.["get"]?.["parameters"];
    expect(list).toContainEqual(
      expect.objectContaining({
        name: "limit",
        schema: expect.objectContaining({ type: "integer", minimum: 1, maximum: 100, default: 20 }),
      }),
    );
    const search = JSON.stringify(document.paths["/v1/long-term-memory/search"]);
    for (const word of ["distance_threshold", "startswith", "between", "date-time", "semantic"])
      expect(search).toContain(word);
  });

  test("is one page of HTML with every operation, escaped and without scripts", () => {
    const page = docsPage({
      ...document,
      info: { ...document.info, description: "<script>alert(1)</script>" },
    });
    for (const name of Object.keys(ROUTES)) expect(page).toContain(`id="${name}"`);
    expect(page).not.toContain("<script");
  });
});
