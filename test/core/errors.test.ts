import { describe, expect, test, vi } from "vitest";
import {
  ConflictError,
  ERROR_KINDS,
  type ErrorCode,
  errorFromCode,
  MemoirError,
  ModelError,
  NotFoundError,
  StoreError,
  UnauthorizedError,
  UnsupportedError,
  ValidationError,
} from "../../src/core/errors.ts";

const codes = Object.keys(ERROR_KINDS) as ErrorCode[];

describe("every error code", () => {
  test.each(codes)("%s has a status, a remedy and a class of its own family", (code) => {
    const { status, remedy, retryable } = ERROR_KINDS[code];
    expect(Number.isInteger(status) && status >= 400 && status <= 599).toBe(true);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
    const cause = new Error("the cause");
    const error = errorFromCode(code, "It failed", { cause, details: { id: "a" } });
    expect(error).toBeInstanceOf(MemoirError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      code,
      status,
      remedy,
      retryable,
      message: "It failed",
      details: { id: "a" },
    });
    expect(error.cause).toBe(cause);
    expect(MemoirError.is(error)).toBe(true);
  });

  test("keeps its meaning: these are never renamed or given another status", () => {
    expect(Object.fromEntries(codes.map((code) => [code, ERROR_KINDS[code].status]))).toMatchObject({
      invalid_input: 422,
      record_not_found: 404,
      session_not_found: 404,
      not_found: 404,
      version_conflict: 409,
      id_in_use: 409,
      idempotency_key_reused: 409,
      not_supported: 501,
      unauthorized: 401,
      forbidden: 403,
      body_too_large: 413,
      store_busy: 503,
      store_unavailable: 503,
      store_closed: 503,
      store_failed: 500,
      model_missing: 503,
      model_failed: 502,
      vectors_unavailable: 503,
      vectors_failed: 502,
      server_unreachable: 503,
      timed_out: 504,
      internal: 500,
    });
  });

  test.each([
    ["record_not_found", NotFoundError],
    ["session_not_found", NotFoundError],
    ["version_conflict", ConflictError],
    ["id_in_use", ConflictError],
    ["idempotency_key_reused", ConflictError],
    ["not_supported", UnsupportedError],
    ["unauthorized", UnauthorizedError],
    ["forbidden", UnauthorizedError],
    ["store_busy", StoreError],
    ["store_closed", StoreError],
    ["model_missing", ModelError],
  ] as const)("%s is rebuilt as the class that callers branch on", (code, expected) => {
    const error = errorFromCode(code, "x");
    expect(error).toBeInstanceOf(expected);
    expect(error.name).toBe(expected.name);
  });
});

describe("recognising an error", () => {
  test("works for another copy of the package", async () => {
    vi.resetModules();
    const other = await import("../../src/core/errors.ts");
    expect(other.MemoirError).not.toBe(MemoirError);
    const foreign = new other.NotFoundError("record_not_found", "x");
    expect(foreign instanceof MemoirError).toBe(false);
    expect(MemoirError.is(foreign)).toBe(true);
    expect(other.MemoirError.is(new StoreError("store_closed", "x"))).toBe(true);
  });

  test.each([null, undefined, "memoir", new Error("x"), {}, { code: "not_found" }, () => 1])(
    "not of %s",
    (value) => {
      expect(MemoirError.is(value)).toBe(false);
    },
  );

  test("has no cause when none was given", () => {
    expect("cause" in new StoreError("store_busy", "x")).toBe(false);
  });
});

describe("a validation error", () => {
  test("names every field, from the outside in", () => {
    const error = new ValidationError([
      { path: ["messages", 0, "content"], type: "missing", message: "is needed" },
      { path: [], type: "value_error", message: "is odd" },
    ]);
    expect(error).toMatchObject({ name: "ValidationError", code: "invalid_input", status: 422 });
    expect(error.message).toBe("messages.0.content: is needed; is odd");
    expect(error.details).toEqual({ fields: ["messages.0.content", ""] });
  });

  test("can be made for one field, by dotted name or by path", () => {
    expect(ValidationError.of("a.b", "is wrong").issues[0]).toMatchObject({
      path: ["a", "b"],
      type: "value_error",
    });
    const issue = ValidationError.of(["a.b", 1], "is wrong", 7, "int_type").issues[0];
    expect(issue).toEqual({ path: ["a.b", 1], type: "int_type", message: "is wrong", input: 7 });
  });
});
