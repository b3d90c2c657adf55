import {
  ERROR_KINDS,
  type ErrorCode,
  errorFromCode,
  type InputIssue,
  type MemoirError,
  ValidationError,
} from "../core/errors.ts";

/** The error an answer stands for: of the same class, with the same code and findings as an embedded memory throws. */
export function errorFromAnswer(response: Response, text: string): MemoirError {
  const body = parse(text);
  const { code, detail, details, fields } = body;
  const retryAfter = response.headers.get("retry-after");
  const facts = {
    ...(isObject(details) ? details : {}),
    ...(retryAfter !== null && { retryAfter: Number(retryAfter) || 0 }),
  };
  if (code === "invalid_input" && Array.isArray(fields)) return new ValidationError(fields.map(toIssue));
  const message = typeof detail === "string" ? detail : `The server answered ${response.status}`;
  return errorFromCode(isCode(code) ? code : codeOf(response.status), message, { details: facts });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    // A proxy's page, for example: the status tells what there is to know.
    return {};
  }
}

function toIssue(field: unknown): InputIssue {
  const { path, type, message, ...rest } = isObject(field) ? field : {};
  return {
    path: Array.isArray(path) ? path : [],
    type: String(type),
    message: String(message),
    ...("input" in rest && { input: rest["input"] }),
  };
}

function isCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_KINDS, code);
}

/** For answers that did not come from a memory server of this kind. */
function codeOf(status: number): ErrorCode {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 409:
    case 412:
      return "version_conflict";
    case 413:
      return "body_too_large";
    case 429:
      return "store_busy";
    case 502:
    case 503:
      return "server_unreachable";
    case 504:
      return "timed_out";
    default:
      return status < 500 ? "invalid_input" : "internal";
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
