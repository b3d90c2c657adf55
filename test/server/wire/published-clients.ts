import { expect } from "vitest";
import type { Chapter } from "./suite.ts";

const JAVASCRIPT = { "User-Agent": "agent-memory-client-js/0.3.2", "X-Client-Version": "0.3.2" };
const PYTHON = { "User-Agent": "agent-memory-client/0.14.1", "X-Client-Version": "0.14.1" };

/** Requests as the published clients form them, contract section 17. */
export const publishedClients: Chapter = {
  title: "published clients",
  rules(rule) {
    rule(
      "17.1",
      "JavaScript: get or create, put with the session id in the body, delete",
      async ({ api, fresh }) => {
        const id = encodeURIComponent(`${fresh()} ü`);
        const query = `namespace=js&user_id=u&model_name=gpt-4o&context_window_max=8000`;
        expect((await api.get(`/v1/working-memory/${id}?${query}`, JAVASCRIPT)).status).toBe(404);
        const put = await api.put(
          `/v1/working-memory/${id}?namespace=js&model_name=gpt-4o&context_window_max=8000&background=true`,
          {
            session_id: decodeURIComponent(id),
            namespace: "js",
            user_id: "u",
            messages: [],
            memories: [],
            data: {},
            long_term_memory_strategy: { strategy: "discrete", config: {} },
            ttl_seconds: 3600,
          },
          JAVASCRIPT,
        );
        expect(put.status).toBe(200);
        expect((await api.get(`/v1/working-memory/${id}?${query}`, JAVASCRIPT)).body.namespace).toBe("js");
        const gone = await api.delete(`/v1/working-memory/${id}?namespace=js&user_id=u`, JAVASCRIPT);
        expect(gone.body.status).toBe("ok");
      },
    );

    rule(
      "17.1",
      "JavaScript: create with a namespace in the query, search, delete, forget",
      async ({ api, fresh }) => {
        const [namespace, id] = [fresh(), "01JD0000000000000000000001"];
        const create = await api.post(
          `/v1/long-term-memory/?namespace=${namespace}`,
          { memories: [{ id, text: "from js" }] },
          JAVASCRIPT,
        );
        expect(create.body.status).toBe("ok");
        const found = await api.post(
          "/v1/long-term-memory/search",
          {
            text: "js",
            namespace: { eq: namespace },
            created_at: { gte: "2020-01-01T00:00:00.000Z" },
            limit: 10,
            offset: 0,
          },
          JAVASCRIPT,
        );
        expect(found.body.memories).toMatchObject([{ id, namespace }]);
        expect((await api.get(`/v1/long-term-memory/${id}?namespace=other`, JAVASCRIPT)).status).toBe(200);
        const forgotten = await api.post(
          `/v1/long-term-memory/forget?namespace=${namespace}&dry_run=false`,
          { policy: { budget: 0 }, pinned_ids: undefined },
          JAVASCRIPT,
        );
        expect(forgotten.body).toMatchObject({ deleted: 1, deleted_ids: [id] });
        const deleted = await api.delete(
          `/v1/long-term-memory?memory_ids=${id}&memory_ids=x&namespace=y`,
          JAVASCRIPT,
        );
        expect(deleted.body.status).toBe("ok, deleted 0 memories");
      },
    );

    rule("17.2", "Python: records with all their defaults, bodies without nulls", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      const now = "2026-05-04T09:29:59.123456+00:00";
      const record = {
        id,
        text: "from python",
        user_id: user,
        last_accessed: now,
        created_at: now,
        updated_at: now,
        discrete_memory_extracted: "f",
        memory_type: "message",
        extraction_strategy: "discrete",
        extraction_strategy_config: {},
        metadata: {},
      };
      const created = await api.post(
        "/v1/long-term-memory/",
        { memories: [record], deduplicate: true },
        PYTHON,
      );
      expect(created.body.status).toBe("ok");
      const found = await api.post(
        "/v1/long-term-memory/search?optimize_query=false",
        {
          text: "python",
          search_mode: "semantic",
          user_id: { eq: user },
          limit: 10,
          offset: 0,
          recency_boost: true,
        },
        PYTHON,
      );
      const [memory] = found.body.memories;
      expect(memory).toMatchObject({ id, memory_type: "message", created_at: "2026-05-04T09:29:59.123456Z" });
      expect(memory.dist).toEqual(expect.any(Number));
    });

    rule("17.2", "Python: put with scope in the query, window numbers as text", async ({ api, fresh }) => {
      const [id, namespace, user] = [fresh(), fresh(), fresh()];
      const put = await api.put(
        `/v1/working-memory/${id}?user_id=${user}&namespace=${namespace}&context_window_max=4000`,
        {
          session_id: id,
          messages: [
            {
              role: "user",
              content: "hi",
              id: "01JD0000000000000000000002",
              created_at: "2026-05-04T09:00:00.000001+00:00",
              discrete_memory_extracted: "f",
            },
          ],
          memories: [],
          data: {},
          tokens: 0,
          long_term_memory_strategy: { strategy: "discrete", config: {} },
          last_accessed: "2026-05-04T09:00:00+00:00",
          created_at: "2026-05-04T09:00:00+00:00",
          updated_at: "2026-05-04T09:00:00+00:00",
        },
        PYTHON,
      );
      expect(put.status).toBe(200);
      expect(put.headers.get("x-deprecation-warning")).toBeNull();
      const prompt = await api.post(
        "/v1/memory/prompt?optimize_query=false",
        {
          query: "q",
          session: { session_id: id, namespace, user_id: user, context_window_max: "4000" },
          long_term_search: { text: "q", limit: 10, offset: 0 },
        },
        PYTHON,
      );
      expect(prompt.body.messages[0].content.text).toBe("hi");
      expect(
        (await api.get(`/v1/working-memory/?limit=20&offset=0&namespace=${namespace}`, PYTHON)).body,
      ).toEqual({
        sessions: [id],
        total: 1,
      });
    });

    rule(
      "17.4",
      "Python: read, change and write back keeps what it does not know",
      async ({ api, fresh }) => {
        const id = fresh();
        await api.put(`/v1/working-memory/${id}`, {
          messages: [{ role: "user", content: "hi", created_at: "2026-05-04T09:00:00Z" }],
          data: { kept: { deep: 1 } },
          memories: [{ text: "noted", user_id: "u" }],
        });
        const state = (await api.get(`/v1/working-memory/${id}`)).body;
        const back = await api.put(`/v1/working-memory/${id}`, {
          ...state,
          data: { ...state.data, added: 2 },
        });
        expect(back.status).toBe(200);
        const { body } = await api.get(`/v1/working-memory/${id}`);
        expect(body.data).toEqual({ kept: { deep: 1 }, added: 2 });
        expect(body.messages).toEqual(state.messages);
        expect(body.memories).toEqual(state.memories);
      },
    );

    rule("17.3", "Java: explicit nulls for what is not set", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      const created = await api.post("/v1/long-term-memory/", {
        memories: [
          {
            id,
            text: "from java",
            session_id: null,
            user_id: user,
            namespace: null,
            topics: null,
            entities: null,
            memory_hash: null,
            persisted_at: null,
            extracted_from: null,
            event_date: null,
            extraction_strategy: "manual",
          },
        ],
      });
      expect(created.body.status).toBe("ok");
      const found = await api.post("/v1/long-term-memory/search", {
        text: null,
        session_id: null,
        namespace: null,
        topics: null,
        entities: null,
        created_at: null,
        user_id: user,
        memory_type: null,
        distance_threshold: null,
        recency_boost: null,
        server_side_recency: null,
      });
      expect(found.body.memories).toMatchObject([{ id, extraction_strategy: "manual" }]);
      const put = await api.put(`/v1/working-memory/${id}?user_id=${user}`, {
        session_id: id,
        messages: [],
        memories: [],
        data: null,
        context: null,
        user_id: null,
        namespace: null,
        ttl_seconds: null,
      });
      expect(put.body.user_id).toBe(user);
    });
  },
};
