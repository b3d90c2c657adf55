import { expect } from "vitest";
import type { Chapter } from "./suite.ts";

const at = (second: number) => `2026-05-04T09:00:${String(second).padStart(2, "0")}Z`;
const said = (content: string, second = 0, role = "user") => ({ role, content, created_at: at(second) });

export const workingMemory: Chapter = {
  title: "working memory",
  rules(rule) {
    rule("6.1", "a session answers with its whole state", async ({ api, fresh }) => {
      const id = fresh();
      const { body } = await api.put(`/v1/working-memory/${id}`, {});
      expect(body).toMatchObject({
        session_id: id,
        namespace: null,
        user_id: null,
        messages: [],
        memories: [],
        data: null,
        context: null,
        tokens: 0,
        ttl_seconds: null,
        long_term_memory_strategy: { strategy: "discrete", config: {} },
        context_percentage_total_used: null,
        context_percentage_until_summarization: null,
      });
      for (const time of ["created_at", "updated_at", "last_accessed"])
        expect(body[time]).toMatch(/^2026-.*Z$/);
      expect(body).not.toHaveProperty("new_session");
      expect(body).not.toHaveProperty("unsaved");
    });

    rule("6.1", "one id may live in several scopes, each a session of its own", async ({ api, fresh }) => {
      const [id, other] = [fresh(), fresh()];
      const scopes = [
        {},
        { namespace: other },
        { user_id: other },
        { namespace: other, user_id: other },
        { namespace: `${other}:${other}` },
      ];
      for (const [index, scope] of scopes.entries())
        await api.put(`/v1/working-memory/${id}`, { ...scope, context: `c${index}` });
      for (const [index, scope] of scopes.entries()) {
        const query = new URLSearchParams(scope as Record<string, string>);
        expect((await api.get(`/v1/working-memory/${id}?${query}`)).body.context).toBe(`c${index}`);
      }
    });

    rule("4.1", "messages get an id and a time, and keep those they bring", async ({ api, fresh }) => {
      const { body } = await api.put(`/v1/working-memory/${fresh()}`, {
        messages: [
          { role: "narrator", content: "once" },
          { id: "m1", ...said("upon") },
        ],
      });
      expect(body.messages[0]).toMatchObject({
        role: "narrator",
        persisted_at: null,
        discrete_memory_extracted: "f",
      });
      expect(body.messages[0].id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(body.messages[1]).toMatchObject({ id: "m1", created_at: at(0) });
    });

    rule("4.1", "a message from the future is refused at its place", async ({ api, fresh, clock }) => {
      const id = fresh();
      const soon = (seconds: number) => new Date(clock.now() + seconds * 1000).toISOString();
      const put = (seconds: number) =>
        api.put(`/v1/working-memory/${id}`, {
          messages: [said("now"), { role: "user", content: "later", created_at: soon(seconds) }],
        });
      expect((await put(299)).status).toBe(200);
      const refused = await put(301);
      expect(refused.status).toBe(422);
      expect(refused.body.detail[0].loc).toEqual(["body", "messages", 1]);
    });

    rule("4.1", "REQUIRE_MESSAGE_TIMESTAMPS refuses messages without a time", async ({ own }) => {
      const { api } = await own({ settings: { requireMessageTimestamps: true } });
      const put = (message: object) => api.put("/v1/working-memory/s", { messages: [message] });
      expect((await put({ role: "user", content: "x" })).status).toBe(422);
      expect((await put(said("x"))).status).toBe(200);
    });

    rule("6.2", "blank content is 400 with the id of the message", async ({ api, fresh }) => {
      const id = fresh();
      const answer = await api.put(`/v1/working-memory/${id}`, { messages: [{ id: "m7", ...said(" \n") }] });
      expect([answer.status, answer.body.detail]).toEqual([
        400,
        "Message content cannot be empty (message ID: m7)",
      ]);
      expect((await api.get(`/v1/working-memory/${id}`)).status).toBe(404);
    });

    rule("6.2", "PUT replaces everything", async ({ api, fresh }) => {
      const id = fresh();
      await api.put(`/v1/working-memory/${id}`, {
        messages: [said("old")],
        data: { a: 1 },
        context: "old",
        ttl_seconds: 100,
        tokens: 9,
        long_term_memory_strategy: { strategy: "summary" },
      });
      await api.put(`/v1/working-memory/${id}`, { messages: [said("new")] });
      expect((await api.get(`/v1/working-memory/${id}`)).body).toMatchObject({
        messages: [{ content: "new" }],
        data: {},
        context: null,
        ttl_seconds: null,
        tokens: 0,
        long_term_memory_strategy: { strategy: "discrete", config: {} },
      });
    });

    rule("6.2", "memories get an id; an empty id or text is refused at the body", async ({ api, fresh }) => {
      const id = fresh();
      const put = (memory: object) => api.put(`/v1/working-memory/${id}`, { memories: [memory] });
      const { body } = await put({ text: "noted" });
      expect(body.memories[0]).toMatchObject({ text: "noted", memory_type: "message" });
      expect(body.memories[0].id).toMatch(/^[0-9A-Z]{26}$/);
      for (const memory of [
        { id: "", text: "x" },
        { id: "x", text: "" },
      ])
        expect((await put(memory)).body.detail[0].loc).toEqual(["body"]);
    });

    rule("6.2", "PUT answers data null if none was given, GET an empty object", async ({ api, fresh }) => {
      const id = fresh();
      expect((await api.put(`/v1/working-memory/${id}`, {})).body.data).toBeNull();
      expect((await api.get(`/v1/working-memory/${id}`)).body.data).toEqual({});
      expect((await api.put(`/v1/working-memory/${id}`, { data: {} })).body.data).toEqual({});
    });

    rule("6.2", "GET shows the session's times to the second", async ({ api, fresh }) => {
      const id = fresh();
      const created_at = "2026-05-01T10:20:30.456789Z";
      const put = await api.put(`/v1/working-memory/${id}`, { created_at, last_accessed: created_at });
      expect(put.body.created_at).toBe(created_at);
      const got = await api.get(`/v1/working-memory/${id}`);
      expect(got.body).toMatchObject({
        created_at: "2026-05-01T10:20:30Z",
        last_accessed: "2026-05-01T10:20:30Z",
      });
    });

    rule(
      "6.2",
      "a time to live runs from the PUT, reads do not extend it, and it is a 404 afterwards",
      async ({ own }) => {
        const { api, clock } = await own();
        await api.put("/v1/working-memory/s", { ttl_seconds: 60 });
        clock.advance(59);
        const alive = await api.get("/v1/working-memory/s");
        expect([alive.status, alive.body.ttl_seconds]).toEqual([200, 60]);
        clock.advance(1);
        expect((await api.get("/v1/working-memory/s")).status).toBe(404);
        expect((await api.get("/v1/working-memory/")).body).toEqual({ sessions: [], total: 0 });
      },
    );

    rule(
      "6.2",
      "a PUT without ttl clears an earlier one; zero and less mean gone at once",
      async ({ own }) => {
        const { api, clock } = await own();
        await api.put("/v1/working-memory/s", { ttl_seconds: 60 });
        await api.put("/v1/working-memory/s", {});
        clock.advance(3600);
        expect((await api.get("/v1/working-memory/s")).status).toBe(200);
        for (const ttl_seconds of [0, -5]) {
          expect((await api.put("/v1/working-memory/s", { ttl_seconds })).status).toBe(200);
          expect((await api.get("/v1/working-memory/s")).status).toBe(404);
        }
      },
    );

    rule(
      "6.2",
      "a message without a time brings a deprecation warning, and only that",
      async ({ api, fresh }) => {
        const warning = async (messages: object[]) =>
          (await api.put(`/v1/working-memory/${fresh()}`, { messages })).headers.get("x-deprecation-warning");
        expect(await warning([said("x"), { role: "user", content: "y" }])).toContain("messages[].created_at");
        expect(await warning([said("x")])).toBeNull();
        expect(await warning([])).toBeNull();
      },
    );

    rule("6.3", "an absent session is 404", async ({ api, fresh }) => {
      const id = fresh();
      const answer = await api.get(`/v1/working-memory/${id}`);
      expect([answer.status, answer.body.detail]).toEqual([404, `Session ${id} not found`]);
    });

    rule("6.3", "scope may be left out while the id is unique", async ({ api, fresh }) => {
      const [id, namespace, user] = [fresh(), fresh(), fresh()];
      await api.put(`/v1/working-memory/${id}`, { namespace, user_id: user });
      for (const query of ["", `?namespace=${namespace}`, `?user_id=${user}`])
        expect((await api.get(`/v1/working-memory/${id}${query}`)).body).toMatchObject({
          namespace,
          user_id: user,
        });
      expect((await api.get(`/v1/working-memory/${id}?user_id=${fresh()}`)).status).toBe(404);
      expect((await api.get(`/v1/working-memory/${id}?namespace=${user}`)).status).toBe(404);
      expect((await api.get(`/v1/working-memory/${id}?user_id=${namespace}`)).status).toBe(404);
    });

    rule("6.3", "two that agree count as none, an exact one wins", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      await api.put(`/v1/working-memory/${id}`, { namespace: "a", user_id: user });
      await api.put(`/v1/working-memory/${id}`, { namespace: "b", user_id: user });
      expect((await api.get(`/v1/working-memory/${id}?user_id=${user}`)).status).toBe(404);
      await api.put(`/v1/working-memory/${id}`, { user_id: user, context: "exact" });
      expect((await api.get(`/v1/working-memory/${id}?user_id=${user}`)).body.context).toBe("exact");
    });

    rule("6.3", "recent_messages_limit gives the newest by time, oldest first", async ({ api, fresh }) => {
      const id = fresh();
      await api.put(`/v1/working-memory/${id}`, {
        messages: [said("third", 3), said("first", 1), said("second", 2)],
      });
      const contents = async (query: string) =>
        (await api.get(`/v1/working-memory/${id}${query}`)).body.messages.map(
          (message: { content: string }) => message.content,
        );
      expect(await contents("?recent_messages_limit=2")).toEqual(["second", "third"]);
      for (const query of ["", "?recent_messages_limit=0", "?recent_messages_limit=-1"])
        expect(await contents(query)).toEqual(["third", "first", "second"]);
    });

    rule(
      "6.3",
      "a window cuts the answer from the oldest, keeps one message, and stores nothing",
      async ({ api, fresh }) => {
        const id = fresh();
        await api.put(`/v1/working-memory/${id}`, {
          messages: [said("one", 1), said("two", 2), said("three", 3)],
        });
        const got = async (query: string) =>
          (await api.get(`/v1/working-memory/${id}?${query}`)).body.messages;
        expect(await got("context_window_max=7")).toHaveLength(2);
        expect(await got("context_window_max=1")).toMatchObject([{ content: "three" }]);
        expect(await got("model_name=gpt-4o")).toHaveLength(3);
        expect(await got("context_window_max=0")).toHaveLength(3);
        expect(await got("")).toHaveLength(3);
      },
    );

    rule("6.3", "with all messages indexed, an ended session is put together again", async ({ own }) => {
      const { api } = await own({ settings: { indexAllMessages: true } });
      await api.put("/v1/working-memory/s", {
        user_id: "u",
        messages: [
          { id: "s-1", ...said("hello: you", 1) },
          { id: "s-2", ...said("hi", 2, "assistant") },
        ],
        data: { gone: true },
      });
      const live = await api.get("/v1/working-memory/s");
      expect(live.body.messages[0].persisted_at).not.toBeNull();
      await api.delete("/v1/working-memory/s");
      const { body } = await api.get("/v1/working-memory/s?user_id=u");
      expect(body).toMatchObject({
        messages: [
          { id: "s-1", role: "user", content: "hello: you", created_at: at(1) },
          { id: "s-2", role: "assistant", content: "hi", created_at: at(2) },
        ],
        memories: [],
        context: "",
        data: {},
        user_id: "u",
      });
      expect((await api.get("/v1/working-memory/s?recent_messages_limit=1")).body.messages).toMatchObject([
        { id: "s-2" },
      ]);
      expect((await api.get("/v1/working-memory/s?user_id=w")).status).toBe(404);
    });

    rule("6.4", "figures are null without a model and zero without messages", async ({ api, fresh }) => {
      const id = fresh();
      const figures = ({ body }: { body: Record<string, unknown> }) => [
        body["context_percentage_total_used"],
        body["context_percentage_until_summarization"],
      ];
      expect(figures(await api.put(`/v1/working-memory/${id}?model_name=gpt-4o`, {}))).toEqual([0, 0]);
      expect(figures(await api.put(`/v1/working-memory/${id}`, { messages: [said("x")] }))).toEqual([
        null,
        null,
      ]);
      expect(figures(await api.get(`/v1/working-memory/${id}?context_window_max=-1`))).toEqual([null, null]);
    });

    rule(
      "6.4",
      "figures are shares of the window and of its threshold, at most 100",
      async ({ api, fresh }) => {
        const id = fresh();
        // "user: hello" is three tokens of cl100k_base.
        const put = await api.put(`/v1/working-memory/${id}?context_window_max=100`, {
          messages: [said("hello", 1), said("hello", 2)],
        });
        expect(put.body.context_percentage_total_used).toBeCloseTo(6);
        expect(put.body.context_percentage_until_summarization).toBeCloseTo((6 / 70) * 100);
        const got = async (query: string) => {
          const { body } = await api.get(`/v1/working-memory/${id}?${query}`);
          return [body.context_percentage_total_used, body.context_percentage_until_summarization];
        };
        expect(await got("context_window_max=6")).toEqual([100, 100]);
        expect(await got("context_window_max=1")).toEqual([100, 100]);
        expect((await got("model_name=gpt-4"))[0]).toBeCloseTo((6 / 8192) * 100);
        expect((await got("model_name=gpt-4&context_window_max=100"))[0]).toBeCloseTo(6);
      },
    );

    rule("18", "an unknown model name is accepted", async ({ api, fresh }) => {
      const id = fresh();
      await api.put(`/v1/working-memory/${id}`, { messages: [said("hello")] });
      const answer = await api.get(`/v1/working-memory/${id}?model_name=brand-new`);
      expect(answer.status).toBe(200);
      expect(answer.body.context_percentage_total_used).toBeGreaterThan(0);
    });

    rule("6.6", "deleting is always ok and follows the same lookup", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      await api.put(`/v1/working-memory/${id}`, { user_id: user });
      expect((await api.delete(`/v1/working-memory/${id}?user_id=${fresh()}`)).body.status).toBe("ok");
      expect((await api.get(`/v1/working-memory/${id}`)).status).toBe(200);
      expect((await api.delete(`/v1/working-memory/${id}`)).body.status).toBe("ok");
      expect((await api.get(`/v1/working-memory/${id}`)).status).toBe(404);
      const again = await api.delete(`/v1/working-memory/${id}`);
      expect([again.status, again.body.status]).toEqual([200, "ok"]);
    });

    rule("7", "the list pages over ids with a total of all", async ({ api, fresh }) => {
      const namespace = fresh();
      const ids = [fresh(), fresh(), fresh()];
      for (const id of ids) await api.put(`/v1/working-memory/${id}`, { namespace, user_id: id });
      const list = async (query: string) => (await api.get(`/v1/working-memory/?${query}`)).body;
      const pages = [
        await list(`namespace=${namespace}&limit=2`),
        await list(`namespace=${namespace}&limit=2&offset=2`),
      ];
      expect(pages.map((page) => page.total)).toEqual([3, 3]);
      expect(pages.flatMap((page) => page.sessions).sort()).toEqual([...ids].sort());
      expect(await list(`namespace=${namespace}&user_id=${ids[0]}`)).toEqual({
        sessions: [ids[0]],
        total: 1,
      });
      expect(await list(`namespace=${fresh()}`)).toEqual({ sessions: [], total: 0 });
    });

    rule("7", "an id living in two scopes appears twice", async ({ api, fresh }) => {
      const [id, namespace] = [fresh(), fresh()];
      for (const user_id of ["a", "b"]) await api.put(`/v1/working-memory/${id}`, { namespace, user_id });
      expect((await api.get(`/v1/working-memory/?namespace=${namespace}`)).body).toEqual({
        sessions: [id, id],
        total: 2,
      });
    });

    rule("7", "limit is 1 to 100, offset 0 or more", async ({ api }) => {
      for (const [query, type, name] of [
        ["limit=0", "greater_than_equal", "limit"],
        ["limit=101", "less_than_equal", "limit"],
        ["limit=ten", "int_parsing", "limit"],
        ["offset=-1", "greater_than_equal", "offset"],
      ]) {
        const answer = await api.get(`/v1/working-memory/?${query}`);
        expect(answer.status).toBe(422);
        expect(answer.body.detail[0]).toMatchObject({ type, loc: ["query", name] });
      }
    });

    rule(
      "15.1",
      "memories become long-term records with the session's scope and strategy",
      async ({ api, fresh }) => {
        const [id, namespace, user, memory] = [fresh(), fresh(), fresh(), fresh()];
        await api.put(`/v1/working-memory/${id}`, {
          namespace,
          user_id: user,
          memories: [{ id: memory, text: "promoted", memory_type: "semantic" }],
          long_term_memory_strategy: { strategy: "custom", config: { custom_prompt: "x" } },
        });
        expect((await api.get(`/v1/long-term-memory/${memory}`)).body).toMatchObject({
          text: "promoted",
          namespace,
          user_id: user,
          session_id: id,
          extraction_strategy: "custom",
          extraction_strategy_config: { custom_prompt: "x" },
          persisted_at: expect.stringMatching(/Z$/),
        });
        const session = await api.get(`/v1/working-memory/${id}`);
        expect(session.body.memories[0].persisted_at).not.toBeNull();
      },
    );

    rule("15.1", "saving the session again promotes nothing twice", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      await api.put(`/v1/working-memory/${id}`, { user_id: user, memories: [{ text: "kept once" }] });
      const state = (await api.get(`/v1/working-memory/${id}`)).body;
      await api.put(`/v1/working-memory/${id}`, state);
      const found = await api.post("/v1/long-term-memory/search", { user_id: { eq: user } });
      expect(found.body.total).toBe(1);
    });

    rule(
      "18",
      "a promoted record keeps a scope of its own, and never takes another's id",
      async ({ api, fresh }) => {
        const [id, mine, theirs] = [fresh(), fresh(), fresh()];
        await api.post("/v1/long-term-memory/", {
          memories: [{ id: theirs, text: "theirs", user_id: "them" }],
        });
        const put = await api.put(`/v1/working-memory/${id}`, {
          user_id: "me",
          memories: [
            { id: theirs, text: "taken over" },
            { id: mine, text: "shared", user_id: "us" },
          ],
        });
        expect(put.status).toBe(200);
        expect((await api.get(`/v1/long-term-memory/${theirs}`)).body).toMatchObject({
          text: "theirs",
          user_id: "them",
        });
        expect((await api.get(`/v1/long-term-memory/${mine}`)).body.user_id).toBe("us");
        expect(
          put.body.memories.map((memory: { persisted_at: unknown }) => memory.persisted_at !== null),
        ).toEqual([false, true]);
      },
    );

    rule("18", "a PUT without scope in the body takes it from the query", async ({ api, fresh }) => {
      const [id, namespace, user] = [fresh(), fresh(), fresh()];
      const put = (body: object) =>
        api.put(`/v1/working-memory/${id}?namespace=${namespace}&user_id=${user}`, body);
      expect((await put({})).body).toMatchObject({ namespace, user_id: user });
      expect((await put({ namespace: "body", user_id: "wins" })).body).toMatchObject({
        namespace: "body",
        user_id: "wins",
      });
    });

    rule("18", "times without zone are UTC and never make a session unreadable", async ({ api, fresh }) => {
      const id = fresh();
      await api.put(`/v1/working-memory/${id}`, {
        messages: [
          { role: "user", content: "b", created_at: "2026-05-04T08:00:01" },
          { role: "user", content: "a", created_at: "2026-05-04T10:00:00+02:00" },
        ],
      });
      const { status, body } = await api.get(`/v1/working-memory/${id}?recent_messages_limit=2`);
      expect(status).toBe(200);
      expect(body.messages.map((message: { content: string }) => message.content)).toEqual(["a", "b"]);
    });
  },
};
