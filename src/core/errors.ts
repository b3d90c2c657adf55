/**
 * The one family of errors. Callers branch on the class or on `code`; the server maps `code` to a status
 * and the client rebuilds the same class from it, so a caller sees the same error embedded and remote.
 */

interface ErrorKind {
  /** HTTP status the server answers with. */
  readonly status: number;
  /** Whether the same call may succeed when tried again unchanged. */
  readonly retryable: boolean;
  /** What the caller can do about it. */
  readonly remedy: string;
}

/** Every code, with its status and remedy. Codes are stable: they are never renamed or reused. */
export const ERROR_KINDS = {
  invalid_input: {
    status: 422,
    retryable: false,
    remedy: "Correct the named field and send the call again.",
  },
  record_not_found: {
    status: 404,
    retryable: false,
    remedy: "Check the id and the scope: a record is visible only inside its own scope.",
  },
  session_not_found: {
    status: 404,
    retryable: false,
    remedy:
      "Create the session by appending to it, and check namespace and user: they are part of its identity.",
  },
  field_not_found: {
    status: 404,
    retryable: false,
    remedy: "Set the field first, or read it with a fallback: fields go when their time to live has passed.",
  },
  not_found: { status: 404, retryable: false, remedy: "Check the name against the reference." },
  version_conflict: {
    status: 409,
    retryable: false,
    remedy: "Read the current version, apply the change to it, and write again with that version.",
  },
  id_in_use: {
    status: 409,
    retryable: false,
    remedy: "Choose another id, or leave it out: ids are unique within a tenant, across all its scopes.",
  },
  idempotency_key_reused: {
    status: 409,
    retryable: false,
    remedy: "Use a new idempotency key for a different request; repeat a key only with the same content.",
  },
  changes_forgotten: {
    status: 410,
    retryable: false,
    remedy:
      "Read anew from the memory what you made of the feed, then follow the changes after the `sequence` this error tells.",
  },
  not_supported: {
    status: 501,
    retryable: false,
    remedy: "Use a store or server that declares this capability.",
  },
  unauthorized: { status: 401, retryable: false, remedy: "Send a valid credential." },
  forbidden: { status: 403, retryable: false, remedy: "Ask for a credential that covers this scope." },
  body_too_large: {
    status: 413,
    retryable: false,
    remedy: "Split the request, or raise the server's body limit.",
  },
  store_busy: {
    status: 503,
    retryable: true,
    remedy: "Try again: another process held the store for longer than the deadline.",
  },
  store_unavailable: {
    status: 503,
    retryable: true,
    remedy:
      "Try again when the database can be reached; a write may have been carried out, so repeat it with an idempotency key.",
  },
  store_closed: { status: 503, retryable: false, remedy: "Open the memory again; this handle was closed." },
  store_full: {
    status: 507,
    retryable: true,
    remedy: "Make room on the disk of the store, then try again; nothing of this call was stored.",
  },
  store_failed: {
    status: 500,
    retryable: false,
    remedy: "Run `memoir doctor` on the same store; the cause is attached.",
  },
  model_missing: {
    status: 503,
    retryable: false,
    remedy: "Install the model or the package named in the message, or choose another embedder.",
  },
  model_failed: {
    status: 502,
    retryable: true,
    remedy: "Check the model's endpoint and credentials, then try again.",
  },
  vectors_unavailable: {
    status: 503,
    retryable: true,
    remedy: "Check the vector database's address and that it is running, then try again.",
  },
  vectors_failed: {
    status: 502,
    retryable: false,
    remedy: "Check the vector database's credentials and settings; the cause is attached.",
  },
  server_unreachable: {
    status: 503,
    retryable: true,
    remedy: "Check the address and that the server is running.",
  },
  timed_out: { status: 504, retryable: true, remedy: "Try again, or allow the call more time." },
  internal: { status: 500, retryable: false, remedy: "This is a defect: please report it with the message." },
} as const satisfies Record<string, ErrorKind>;

/** The stable name of what went wrong: what programs branch on. */
export type ErrorCode = keyof typeof ERROR_KINDS;

/** One thing wrong with an input: where, what, and the offending value. */
export interface InputIssue {
  /** Field names and list indexes from the outside in, for example `["messages", 0, "content"]`. */
  readonly path: readonly (string | number)[];
  /** Stable kind of the problem, in the vocabulary of the wire contract, for example `missing`. */
  readonly type: string;
  readonly message: string;
  readonly input?: unknown;
}

const BRAND = Symbol.for("memoir.error");

interface MemoirErrorOptions {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Base of every error this package throws on purpose. */
export class MemoirError extends Error {
  readonly code: ErrorCode;
  /** Facts for programs, such as the id or the versions that differed. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: MemoirErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return ERROR_KINDS[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_KINDS[this.code].retryable;
  }

  get remedy(): string {
    return ERROR_KINDS[this.code].remedy;
  }

  /** True for errors of this family, also when two copies of the package are loaded. */
  static is(value: unknown): value is MemoirError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

/** The input broke a rule; `issues` names every field. Nothing was stored. */
export class ValidationError extends MemoirError {
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    const sentence = issues
      .map((issue) => (issue.path.length > 0 ? `${issue.path.join(".")}: ${issue.message}` : issue.message))
      .join("; ");
    super("invalid_input", sentence, { details: { fields: issues.map((issue) => issue.path.join(".")) } });
    this.issues = issues;
  }

  /** A ValidationError about one field. `path` is a dotted name or a list of names and indexes. */
  static of(
    path: string | readonly (string | number)[],
    message: string,
    input?: unknown,
    type = "value_error",
  ) {
    return new ValidationError([
      { path: typeof path === "string" ? path.split(".") : path, type, message, input },
    ]);
  }
}

/** What was asked for is not there, or not in this scope. */
export class NotFoundError extends MemoirError {}

/** Somebody else was first, or the id or key is taken. Nothing was written. */
export class ConflictError extends MemoirError {}

/**
 * The change feed does not reach back to where a follower stands: what it missed was forgotten. Whatever is derived from the feed
 * must be made anew from the memory as it is, and can then follow the changes after `sequence`.
 */
export class ChangesForgottenError extends MemoirError {
  constructor(message: string, options: MemoirErrorOptions = {}) {
    super("changes_forgotten", message, options);
  }

  /** For a follower after `after`, where changes up to `forgotten` are gone and the last one is `sequence`. */
  static of(details: { readonly after: number; readonly forgotten: number; readonly sequence: number }) {
    const { after, forgotten } = details;
    return new ChangesForgottenError(
      `Changes up to ${forgotten} were forgotten, so what came after ${after} cannot be told.`,
      { details },
    );
  }

  /** The last change when this was found out: reading the memory after it and following on from here misses nothing. */
  get sequence(): number {
    return Number(this.details["sequence"]);
  }
}

/** The store, server or model behind this memory declares that it cannot do this. */
export class UnsupportedError extends MemoirError {
  constructor(message: string, options: MemoirErrorOptions = {}) {
    super("not_supported", message, options);
  }
}

/** The store failed or is not available. `retryable` says whether trying again makes sense. */
export class StoreError extends MemoirError {}

/** A model is missing or failed. */
export class ModelError extends MemoirError {}

/** A vector index cannot be reached or refused. `retryable` says whether trying again makes sense. */
export class VectorIndexError extends MemoirError {}

/** The credential is missing, wrong, or does not cover the scope. */
export class UnauthorizedError extends MemoirError {}

/** Rebuilds the class a code belongs to, as the client does from an answer. */
export function errorFromCode(
  code: ErrorCode,
  message: string,
  options: MemoirErrorOptions = {},
): MemoirError {
  switch (code) {
    case "record_not_found":
    case "session_not_found":
    case "field_not_found":
    case "not_found":
      return new NotFoundError(code, message, options);
    case "version_conflict":
    case "id_in_use":
    case "idempotency_key_reused":
      return new ConflictError(code, message, options);
    case "changes_forgotten":
      return new ChangesForgottenError(message, options);
    case "not_supported":
      return new UnsupportedError(message, options);
    case "unauthorized":
    case "forbidden":
      return new UnauthorizedError(code, message, options);
    case "store_busy":
    case "store_unavailable":
    case "store_closed":
    case "store_full":
    case "store_failed":
      return new StoreError(code, message, options);
    case "vectors_unavailable":
    case "vectors_failed":
      return new VectorIndexError(code, message, options);
    case "model_missing":
    case "model_failed":
      return new ModelError(code, message, options);
    default:
      return new MemoirError(code, message, options);
  }
}
