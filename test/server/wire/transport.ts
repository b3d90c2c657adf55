import { expect } from "vitest";
import type { Chapter } from "./suite.ts";

export const transport: Chapter = {
  title: "transport, errors and health",
  rules(rule) {
    rule("1", "success is 200 with a JSON body", async ({ api, fresh }) => {
      for (const answer of [
        await api.get("/v1/health"),
        await api.put(`/v1/working-memory/${fresh()}`, {}),
        await api.post("/v1/long-term-memory/", { memories: [] }),
        await api.delete(`/v1/working-memory/${fresh()}`),
      ]) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
      }
    });

    rule("1", "OPTIONS and HEAD are answered with 405 and the methods allowed", async ({ api }) => {
      for (const method of ["OPTIONS", "HEAD"]) {
        const answer = await api.send(method, "/v1/long-term-memory/search");
        expect(answer.status).toBe(405);
        expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(["GET", "PATCH", "POST"]);
      }
    });

    rule("1", "unknown body fields and query parameters are ignored", async ({ api, fresh }) => {
      const id = fresh();
      const put = await api.put(`/v1/working-memory/${id}?background=true`, {
        session_id: "other",
        new_session: false,
        unsaved: null,
        messages: [{ role: "user", content: "hi", extra: 1 }],
      });
      expect(put.status).toBe(200);
      expect(put.body.session_id).toBe(id);
      expect((await api.get(`/v1/working-memory/${id}?whatever=1`)).status).toBe(200);
    });

    rule("1", "the session list without its slash is redirected with 307", async ({ api }) => {
      const answer = await api.get("/v1/working-memory?limit=5");
      expect(answer.status).toBe(307);
      expect(answer.headers.get("location")).toMatch(/\/v1\/working-memory\/\?limit=5$/);
    });

    rule("1", "creating without the slash and deleting with it are 405", async ({ api }) => {
      const create = await api.post("/v1/long-term-memory", { memories: [] });
      expect([create.status, create.headers.get("allow")]).toEqual([405, "DELETE"]);
      expect((await api.delete("/v1/long-term-memory/")).status).toBe(405);
    });

    rule("1", "GET …/search is the record with the id search", async ({ api }) => {
      expect((await api.get("/v1/long-term-memory/search")).body.detail).toBe(
        "Memory with ID search not found",
      );
    });

    rule("1", "documentation is served without anything from elsewhere", async ({ api }) => {
      const schema = await api.get("/openapi.json");
      expect(schema.body.openapi).toMatch(/^3\.1/);
      expect(Object.keys(schema.body.paths)).toContain("/v1/working-memory/{session_id}");
      const docs = await api.get("/docs");
      expect(docs.status).toBe(200);
      expect(docs.headers.get("content-type")).toMatch(/html/);
      expect(docs.body).not.toMatch(/https?:\/\//);
      expect((await api.get("/redoc")).status).toBeLessThan(400);
      expect((await api.get("/")).status).toBeLessThan(400);
    });

    rule("1", "integers come as JSON integers, whole floats and numeric text", async ({ api, fresh }) => {
      for (const ttl_seconds of [60, 60.0, "60"]) {
        const answer = await api.put(`/v1/working-memory/${fresh()}`, { ttl_seconds });
        expect(answer.body.ttl_seconds).toBe(60);
      }
      const refused = await api.put(`/v1/working-memory/${fresh()}`, { ttl_seconds: "soon" });
      expect(refused.body.detail[0]).toMatchObject({ type: "int_parsing", loc: ["body", "ttl_seconds"] });
    });

    rule("1", "booleans in queries come as words of either case", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", {
        memories: [{ id, text: "old", user_id: id, created_at: "2020-01-01" }],
      });
      const forget = (dry_run: string) =>
        api.post(`/v1/long-term-memory/forget?user_id=${id}&dry_run=${dry_run}`, { policy: {} });
      for (const word of ["true", "1", "yes", "on", "t", "y", "TRUE", "Yes"])
        expect((await forget(word)).body.dry_run).toBe(true);
      for (const word of ["false", "0", "no", "off", "f", "N"])
        expect((await forget(word)).body.dry_run).toBe(false);
      expect((await forget("perhaps")).body.detail[0].type).toBe("bool_parsing");
    });

    rule("1", "a number is no string", async ({ api, fresh }) => {
      const answer = await api.put(`/v1/working-memory/${fresh()}`, { context: 5 });
      expect(answer.body.detail[0]).toMatchObject({ type: "string_type", loc: ["body", "context"] });
    });

    rule(
      "1",
      "instants come as ISO text, as a bare date and as Unix numbers; they leave as UTC with Z",
      async ({ api, fresh }) => {
        const forms: [unknown, string][] = [
          ["2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z"],
          ["2026-02-03T06:05:06+02:00", "2026-02-03T04:05:06Z"],
          ["2026-02-03T04:05:06", "2026-02-03T04:05:06Z"],
          ["2026-02-03", "2026-02-03T00:00:00Z"],
          [1_770_091_506, "2026-02-03T04:05:06Z"],
          [1_770_091_506_000, "2026-02-03T04:05:06Z"],
          ["2026-02-03T04:05:06.123456Z", "2026-02-03T04:05:06.123456Z"],
        ];
        for (const [event_date, expected] of forms) {
          const id = fresh();
          await api.post("/v1/long-term-memory/", { memories: [{ id, text: "dated", event_date }] });
          expect((await api.get(`/v1/long-term-memory/${id}`)).body.event_date).toBe(expected);
        }
      },
    );

    rule("1", "null is refused where a field is not nullable", async ({ api, fresh }) => {
      const messages = await api.put(`/v1/working-memory/${fresh()}`, { messages: null });
      expect(messages.body.detail[0]).toMatchObject({ type: "list_type", loc: ["body", "messages"] });
      const accessed = await api.put(`/v1/working-memory/${fresh()}`, { last_accessed: null });
      expect(accessed.status).toBe(422);
    });

    rule("2", "an unknown route is 404, a wrong method 405 with allow", async ({ api }) => {
      const unknown = await api.get("/v1/nothing");
      expect([unknown.status, unknown.body.detail]).toEqual([404, "Not Found"]);
      const wrong = await api.delete("/v1/health");
      expect([wrong.status, wrong.body.detail, wrong.headers.get("allow")]).toEqual([
        405,
        "Method Not Allowed",
        "GET",
      ]);
    });

    rule("2", "validation errors name the place and the kind", async ({ api, fresh }) => {
      const answer = await api.put(`/v1/working-memory/${fresh()}`, {
        messages: [{ role: "user" }, { role: 1, content: "x", created_at: [] }],
        data: [],
        ttl_seconds: [],
        long_term_memory_strategy: { strategy: "unknown" },
      });
      expect(answer.status).toBe(422);
      const found = answer.body.detail.map(({ type, loc }: { type: string; loc: unknown[] }) => [
        type,
        loc.join("."),
      ]);
      expect(found).toEqual(
        expect.arrayContaining([
          ["missing", "body.messages.0.content"],
          ["string_type", "body.messages.1.role"],
          ["datetime_type", "body.messages.1.created_at"],
          ["dict_type", "body.data"],
          ["literal_error", "body.long_term_memory_strategy.strategy"],
        ]),
      );
      for (const issue of answer.body.detail) {
        expect(issue).toHaveProperty("msg");
        expect(issue).toHaveProperty("input");
      }
    });

    rule(
      "2",
      "malformed JSON is json_invalid with a position, an absent body missing",
      async ({ api, fresh }) => {
        const malformed = await api.put(`/v1/working-memory/${fresh()}`, '{"data": }');
        expect(malformed.body.detail[0]).toMatchObject({
          type: "json_invalid",
          loc: ["body", expect.any(Number)],
        });
        const absent = await api.send("PUT", `/v1/working-memory/${fresh()}`);
        expect(absent.body.detail[0]).toMatchObject({ type: "missing", loc: ["body"] });
        const list = await api.put(`/v1/working-memory/${fresh()}`, []);
        expect(list.body.detail[0]).toMatchObject({ type: "model_attributes_type", loc: ["body"] });
      },
    );

    rule("2", "custom rules are value_error with a message that says so", async ({ api, fresh }) => {
      const answer = await api.post("/v1/long-term-memory/", {
        memories: [{ id: fresh(), text: "x", topics: ["a,b"] }],
      });
      expect(answer.body.detail[0]).toMatchObject({
        type: "value_error",
        loc: ["body", "memories", 0, "topics"],
        msg: expect.stringMatching(/^Value error, /),
        ctx: { error: {} },
      });
    });

    rule("18", "errors carry a code and a remedy beside detail, and a 422 the fields", async ({ api }) => {
      const missing = await api.get("/v1/long-term-memory/none");
      expect(missing.body).toMatchObject({ code: "record_not_found", remedy: expect.any(String) });
      const invalid = await api.get("/v1/working-memory/?limit=0");
      expect(invalid.body).toMatchObject({
        code: "invalid_input",
        fields: [{ path: ["limit"], type: "greater_than_equal" }],
      });
    });

    rule("5", "health gives the time in milliseconds", async ({ api, clock }) => {
      expect((await api.get("/v1/health")).body).toEqual({ now: clock.now() });
    });

    rule("18", "bodies beyond the limit are 413", async ({ own }) => {
      const { api } = await own({ limits: { bodyBytes: 100 } });
      const answer = await api.put("/v1/working-memory/s", { context: "x".repeat(200) });
      expect([answer.status, answer.body.code]).toEqual([413, "body_too_large"]);
      expect((await api.get("/v1/working-memory/s")).status).toBe(404);
    });

    rule("18", "an id with an encoded slash is an id", async ({ api, fresh }) => {
      const id = `${fresh()}/a b?#%2F`;
      await api.put(`/v1/working-memory/${encodeURIComponent(id)}`, { context: "slashed" });
      const answer = await api.get(`/v1/working-memory/${encodeURIComponent(id)}`);
      expect(answer.body).toMatchObject({ session_id: id, context: "slashed" });
    });
  },
};

export const access: Chapter = {
  title: "access",
  rules(rule) {
    rule("3", "every route but health and the documents asks for the bearer token", async ({ own }) => {
      const { api } = await own({ auth: { tokens: ["secret"] } });
      for (const open of ["/v1/health", "/docs", "/openapi.json", "/health/live", "/health/ready"])
        expect((await api.get(open)).status).toBe(200);
      const none = await api.get("/v1/working-memory/");
      expect([none.status, none.body.detail]).toEqual([401, "Missing authorization header"]);
      expect(none.headers.get("www-authenticate")).toBe("Bearer");
      const wrong = await api.get("/v1/working-memory/", { authorization: "Bearer guess" });
      expect([wrong.status, wrong.body.detail]).toEqual([401, "Invalid token"]);
      expect((await api.get("/v1/working-memory/", { authorization: "Basic secret" })).status).toBe(401);
      expect((await api.get("/v1/working-memory/", { authorization: "Bearer secret" })).status).toBe(200);
    });

    rule("3", "a bad token beats a bad parameter", async ({ own }) => {
      const { api } = await own({ auth: { tokens: ["secret"] } });
      const answer = await api.get("/v1/working-memory/?limit=0", { authorization: "Bearer guess" });
      expect(answer.status).toBe(401);
    });

    rule("3", "an expired token is refused as such", async ({ own }) => {
      const { api, clock } = await own({
        auth: { tokens: [{ token: "secret", expiresAt: "2026-05-04T10:00:00Z" }] },
      });
      const headers = { authorization: "Bearer secret" };
      expect((await api.get("/v1/working-memory/", headers)).status).toBe(200);
      clock.advance(1800);
      const answer = await api.get("/v1/working-memory/", headers);
      expect([answer.status, answer.body.detail]).toEqual([401, "Token has expired"]);
    });

    rule("18", "X-API-Key is a credential, too", async ({ own }) => {
      const { api } = await own({ auth: { tokens: ["secret"] } });
      expect((await api.get("/v1/working-memory/", { "x-api-key": "secret" })).status).toBe(200);
    });

    rule("own", "a token of one tenant sees that tenant and no other", async ({ own }) => {
      const { api } = await own({ auth: { tokens: ["all", { token: "acme", tenant: "acme" }] } });
      const bearer = (token: string, tenant?: string) => ({
        authorization: `Bearer ${token}`,
        ...(tenant !== undefined && { "memoir-tenant": tenant }),
      });
      await api.put("/v1/working-memory/s", { context: "of acme" }, bearer("acme"));
      expect((await api.get("/v1/working-memory/s", bearer("all"))).status).toBe(404);
      expect((await api.get("/v1/working-memory/s", bearer("all", "acme"))).body.context).toBe("of acme");
      const foreign = await api.get("/v1/working-memory/s", bearer("acme", "other"));
      expect([foreign.status, foreign.body.code]).toEqual([403, "forbidden"]);
    });
  },
};
