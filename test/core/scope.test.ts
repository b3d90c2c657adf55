import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { checkLabel, checkText, MAX_LABEL_LENGTH } from "../../src/core/identifiers.ts";
import {
  encodeKey,
  inScope,
  joinNamespace,
  narrowScope,
  type Scope,
  splitNamespace,
  UNRESTRICTED,
} from "../../src/core/scope.ts";
import { encodeSessionKey } from "../../src/core/session/state.ts";
import { arbitraryLabel, NEIGHBOURS } from "../../src/testing/index.ts";

const labels = () => fc.array(arbitraryLabel(), { minLength: 1, maxLength: 4 });

describe("a namespace", () => {
  test("is its labels joined, and comes apart into them", () => {
    expect(joinNamespace(["team", "a/b", "50%"])).toBe("team/a%2Fb/50%25");
    fc.assert(
      fc.property(labels(), (list) => {
        expect(splitNamespace(joinNamespace(list))).toEqual(list);
      }),
    );
  });

  test("differs for different lists of labels", () => {
    fc.assert(
      fc.property(labels(), labels(), (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(joinNamespace(one) === joinNamespace(other)).toBe(same);
      }),
    );
    const tricky = [["a/b"], ["a", "b"], ["a%2Fb"], ["a%252Fb"], ["a", "%2F", "b"]];
    expect(new Set(tricky.map(joinNamespace)).size).toBe(tricky.length);
  });

  test("needs at least one label and may not grow beyond a label's length", () => {
    expect(() => joinNamespace([])).toThrow(/^namespace: must have at least one label/);
    expect(() => joinNamespace(["ok", ""])).toThrow(/^namespace\.1: must not be empty/);
    expect(() => joinNamespace(["x".repeat(1000), "y".repeat(1000)])).toThrow(
      /^namespace: must not be longer/,
    );
  });
});

describe("keys of several parts", () => {
  const parts = () => fc.array(fc.option(arbitraryLabel(), { nil: null }), { maxLength: 4 });

  test("differ whenever a part does", () => {
    fc.assert(
      fc.property(parts(), parts(), (one, other) => {
        const same = one.length === other.length && one.every((part, index) => part === other[index]);
        expect(encodeKey(one) === encodeKey(other)).toBe(same);
      }),
    );
    const keys = NEIGHBOURS.flatMap((label) => [
      { tenant: "t", namespace: label, userId: null, sessionId: "s" },
      { tenant: "t", namespace: null, userId: label, sessionId: "s" },
      { tenant: "t", namespace: null, userId: null, sessionId: label },
      { tenant: label, namespace: null, userId: null, sessionId: "s" },
    ]);
    expect(new Set(keys.map(encodeSessionKey)).size).toBe(keys.length);
  });
});

describe("narrowing a scope", () => {
  const alice = narrowScope(UNRESTRICTED, { userId: "alice", namespace: ["team", "a/b"] });

  test("adds fields and keeps those that are set", () => {
    expect(alice).toEqual({
      tenant: "default",
      namespace: "team/a%2Fb",
      userId: "alice",
      agentId: null,
      sessionId: null,
    });
    expect(narrowScope(alice, { userId: "alice", agentId: "x" })).toEqual({ ...alice, agentId: "x" });
    expect(narrowScope(alice, { namespace: "team/a%2Fb" })).toEqual(alice);
    expect(narrowScope(UNRESTRICTED, { tenant: "acme", userId: "alice" }).tenant).toBe("acme");
  });

  const refused: [Scope, RegExp][] = [
    [{ userId: "bob" }, /^userId: is already "alice"/],
    [{ namespace: "team" }, /^namespace: is already "team\/a%2Fb"/],
    [{ agentId: "" }, /^agentId: must not be empty/],
    [{ agentId: "a\0b" }, /^agentId: must be well-formed/],
    [{ sessionId: "\ud800" }, /^sessionId: must be well-formed/],
    [{ agentId: 7 as never }, /^agentId: must be a string/],
    [{ namespace: null as never }, /^namespace: must be a string/],
    [{ sessionId: "x".repeat(MAX_LABEL_LENGTH + 1) }, /^sessionId: must not be longer than 1024/],
  ];

  test.each(refused)("by %j is refused", (scope, message) => {
    expect(() => narrowScope(alice, scope)).toThrow(ValidationError);
    expect(() => narrowScope(alice, scope)).toThrow(message);
  });

  test("does not lead from one tenant into another", () => {
    const acme = narrowScope(UNRESTRICTED, { tenant: "acme" });
    expect(() => narrowScope(acme, { tenant: "other" })).toThrow(/^tenant: is already "acme"/);
    expect(() => narrowScope(alice, { tenant: "other" })).toThrow(/^tenant: is already "default"/);
  });

  test("never lets more in than before", () => {
    const field = fc.option(fc.constantFrom("a", "b"), { nil: undefined });
    const owner = fc.option(fc.constantFrom("a", "b"), { nil: null });
    const scope = fc
      .record({ userId: field, agentId: field, sessionId: field })
      .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as Scope);
    const owners = fc.record({ namespace: owner, userId: owner, agentId: owner, sessionId: owner });
    fc.assert(
      fc.property(scope, scope, owners, (first, second, record) => {
        const wide = narrowScope(UNRESTRICTED, first);
        let narrow = wide;
        try {
          narrow = narrowScope(wide, second);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
        if (inScope(narrow, record)) expect(inScope(wide, record)).toBe(true);
      }),
    );
  });
});

describe("labels and texts", () => {
  test("are given back as they are, nothing normalised", () => {
    for (const label of NEIGHBOURS) expect(checkLabel(label, "id")).toBe(label);
    expect(checkText("a\0b", "text")).toBe("a\0b");
    expect(checkText("", "text")).toBe("");
    expect(checkLabel("x".repeat(MAX_LABEL_LENGTH), "id")).toHaveLength(MAX_LABEL_LENGTH);
  });

  test.each(["\ud800", "\udc00", "a\ud83d", "\udc00\ud800"])(
    "with a lone surrogate such as %j are refused",
    (text) => {
      expect(() => checkLabel(text, "id")).toThrow(/^id: must be well-formed/);
      expect(() => checkText(text, ["text"])).toThrow(/^text: must be well-formed/);
    },
  );
});
