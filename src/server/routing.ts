import { ROUTES } from "../contract/routes.ts";

const PATTERNS = Object.values(ROUTES).map(([method, template]) => ({
  method,
  pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));
const DOCUMENTS = ["/", "/openapi.json", "/docs", "/redoc"];

/** The methods a path answers to; none when there is no such path. */
export function allowedMethods(path: string): string[] {
  if (DOCUMENTS.includes(path)) return ["GET"];
  return [
    ...new Set(PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
  ].sort();
}

/** The path with its trailing slash added or taken away, if that is one the server knows. */
export function otherSlash(path: string): string | null {
  const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  return allowedMethods(other).length > 0 ? other : null;
}
