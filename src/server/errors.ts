import { type WireIssue, wireIssues } from "../contract/issues.ts";
import { ERROR_KINDS, type ErrorCode, MemoirError, ValidationError } from "../core/errors.ts";

/** An answer the contract words itself, such as 400 with a sentence. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    code: ErrorCode = "invalid_input",
    more: { readonly headers?: Readonly<Record<string, string>>; readonly remedy?: string } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.remedy = more.remedy ?? ERROR_KINDS[code].remedy;
    this.headers = more.headers ?? {};
  }
}

/** What an error answer holds. `detail` is the contract's; the rest lets programs branch and rebuild the error. */
export interface ErrorBody {
  readonly detail: string | readonly WireIssue[];
  readonly code: ErrorCode;
  readonly remedy: string;
  /** The findings in the library's names, for a 422. */
  readonly fields?: ValidationError["issues"];
  readonly details?: Readonly<Record<string, unknown>>;
}

export function errorResponse(
  error: unknown,
  locate: Parameters<typeof wireIssues>[1],
  conditional: boolean,
): Response {
  if (error instanceof Refusal)
    return respond(
      error.status,
      { detail: error.message, code: error.code, remedy: error.remedy },
      error.headers,
    );
  if (error instanceof ValidationError) {
    const detail = wireIssues(error, locate);
    const fields = error.issues.map(({ input, ...issue }, index) =>
      input === undefined ? issue : { ...issue, input: detail[index]?.input },
    );
    return respond(422, { detail, ...kind(error.code), fields });
  }
  if (MemoirError.is(error)) {
    // The precondition came in a header: HTTP has a status of its own for that.
    const status = conditional && error.code === "version_conflict" ? 412 : error.status;
    return respond(status, { detail: error.message, ...kind(error.code), details: error.details });
  }
  return respond(500, { detail: "Internal Server Error", ...kind("internal") });
}

function kind(code: ErrorCode): { code: ErrorCode; remedy: string } {
  return { code, remedy: ERROR_KINDS[code].remedy };
}

function respond(status: number, body: ErrorBody, headers: Readonly<Record<string, string>> = {}): Response {
  const unauthorized = status === 401 ? { "www-authenticate": "Bearer" } : {};
  return Response.json(body, { status, headers: { ...unauthorized, ...headers } });
}
