import type { OpenApiDocument } from "./openapi.ts";

type Json = Record<string, unknown>;

/** The OpenAPI document as one page of plain HTML: no script and nothing loaded from elsewhere. */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => tagOf(operation)))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => tagOf(operation) === tag);
    return `<section><h2>${escapeHtml(tag)}</h2>${own.map(renderOperation).join("")}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(document.info.title)} REST reference</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(document.info.title)}</h1>
<p>${escapeHtml(document.info.description)} The same as data: <a href="/openapi.json">openapi.json</a>.</p>
${sections.join("\n")}</main></body></html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
details { border-top: 1px solid #8884; padding: .4rem 0 }
summary { cursor: pointer }
summary code { font-weight: 600 }
summary .method { display: inline-block; width: 4.5rem }
pre { overflow: auto; background: #8881; padding: .6rem; font-size: .85rem }
td, th { text-align: left; vertical-align: top; padding: .1rem .8rem .1rem 0 }
`;

function tagOf(operation: Json): string {
  return String((operation["tags"] as string[])[0]);
}

function renderOperation(entry: { path: string; method: string; operation: Json }): string {
  const { path, method, operation } = entry;
  const responses = operation["responses"] as Record<string, Json>;
  return `<details id="${escapeHtml(String(operation["operationId"]))}">
<summary><span class="method">${escapeHtml(method)}</span> <code>${escapeHtml(path)}</code> ${escapeHtml(String(operation["summary"]))}</summary>
${renderParameters(operation["parameters"] as Json[])}
${renderSchema("Body", operation["requestBody"] as Json | undefined)}
${renderSchema("Answer", responses["200"])}
</details>`;
}

function renderParameters(parameters: readonly Json[]): string {
  const rows = parameters.map((parameter) => {
    const schema = parameter["schema"] as Json;
    const description = parameter["description"] ?? schema["description"] ?? "";
    const kind = schema["type"] ?? (schema["anyOf"] ? "optional" : "");
    const cells = [parameter["name"], parameter["in"], kind, description].map((cell) =>
      escapeHtml(String(cell)),
    );
    return `<tr><td><code>${cells[0]}</code></td><td>${cells.slice(1).join("</td><td>")}</td></tr>`;
  });
  if (rows.length === 0) return "";
  return `<table><tr><th>name</th><th>in</th><th>type</th><th></th></tr>${rows.join("")}</table>`;
}

function renderSchema(title: string, holder: Json | undefined): string {
  if (!holder) return "";
  const media = (holder["content"] as Record<string, Json>)["application/json"];
  return `<h4>${title}</h4><pre>${escapeHtml(JSON.stringify(media?.["schema"], null, 2))}</pre>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
