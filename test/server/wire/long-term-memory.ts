import { expect } from "vitest";
import type { Chapter } from "./suite.ts";

export const longTermMemory: Chapter = {
  title: "long-term memory",
  rules(rule) {
    rule("8.1", "creating answers ok, and the record has every default", async ({ api, fresh }) => {
      const id = fresh();
      const created = await api.post("/v1/long-term-memory/", { memories: [{ id, text: "plain" }] });
      expect(created.body).toMatchObject({ status: "ok" });
      const { body } = await api.get(`/v1/long-term-memory/${id}`);
      expect(body).toMatchObject({
        id,
        text: "plain",
        session_id: null,
        user_id: null,
        namespace: null,
        pinned: false,
        access_count: 0,
        topics: [],
        entities: [],
        extracted_from: [],
        memory_type: "semantic",
        discrete_memory_extracted: "t",
        persisted_at: null,
        event_date: null,
        extraction_strategy: "discrete",
        extraction_strategy_config: {},
        metadata: {},
      });
      expect(body.memory_hash).toMatch(/^[0-9a-f]{64}$/);
      for (const absent of ["dist", "score", "score_type"]) expect(body).not.toHaveProperty(absent);
    });

    rule("4.2", "the hash is that of the five fields as JSON", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", { memories: [{ id, text: "é", user_id: "u" }] });
      const json =
        '{"memory_type": "semantic", "namespace": null, "session_id": null, "text": "\\u00e9", "user_id": "u"}';
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(json));
      const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      expect((await api.get(`/v1/long-term-memory/${id}`)).body.memory_hash).toBe(hex);
    });

    rule("4.2", "what is given comes back, metadata exactly", async ({ api, fresh }) => {
      const memory = {
        id: fresh(),
        text: "whole",
        session_id: "s",
        user_id: fresh(),
        namespace: "n",
        last_accessed: "2026-01-02T00:00:00Z",
        created_at: "2026-01-01T00:00:00Z",
        updated_at: "2026-01-03T00:00:00Z",
        pinned: true,
        access_count: 3,
        topics: ["a", "b c"],
        entities: ["E"],
        memory_type: "episodic",
        discrete_memory_extracted: "f",
        extracted_from: ["m1"],
        event_date: "2025-12-24T18:00:00Z",
        extraction_strategy: "manual",
        extraction_strategy_config: { k: 1 },
        metadata: { a: null, b: { c: [null, 1.5, "x", { d: false }] }, "": "", __proto__x: 1 },
      };
      await api.post("/v1/long-term-memory/", { memories: [memory] });
      expect((await api.get(`/v1/long-term-memory/${memory.id}`)).body).toMatchObject(memory);
    });

    rule("4.2", "empty scope texts read back as null", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", {
        memories: [{ id, text: "x", user_id: "", namespace: "", session_id: "" }],
      });
      expect((await api.get(`/v1/long-term-memory/${id}`)).body).toMatchObject({
        user_id: null,
        namespace: null,
        session_id: null,
      });
    });

    rule("8.1", "id and text are required, and one bad record refuses the batch", async ({ api, fresh }) => {
      const [good, other] = [fresh(), fresh()];
      const bad = [
        [{ text: "no id" }, "id"],
        [{ id: other }, "text"],
        [{ id: other, text: "" }, "text"],
        [{ id: other, text: "x", memory_type: "odd" }, "memory_type"],
        [{ id: other, text: "x", access_count: -1 }, "access_count"],
        [{ id: other, text: "x", entities: ["a,b"] }, "entities"],
        [{ id: other, text: "x", extracted_from: ["a,b"] }, "extracted_from"],
      ] as const;
      for (const [memory, field] of bad) {
        const answer = await api.post("/v1/long-term-memory/", {
          memories: [{ id: good, text: "good" }, memory],
        });
        expect(answer.status).toBe(422);
        expect(answer.body.detail[0].loc).toEqual(["body", "memories", 1, field]);
      }
      expect((await api.get(`/v1/long-term-memory/${good}`)).status).toBe(404);
    });

    rule("8.1", "a persisted_at from the client is cleared", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", {
        memories: [{ id, text: "x", persisted_at: "2026-01-01T00:00:00Z" }],
      });
      expect((await api.get(`/v1/long-term-memory/${id}`)).body.persisted_at).toBeNull();
    });

    rule("8.1", "creating an existing id replaces the record", async ({ api, fresh }) => {
      const id = fresh();
      const create = (memory: object) => api.post("/v1/long-term-memory/", { memories: [{ id, ...memory }] });
      await create({ text: "old", topics: ["t"], event_date: "2026-01-01", pinned: true });
      await create({ text: "new" });
      expect((await api.get(`/v1/long-term-memory/${id}`)).body).toMatchObject({
        text: "new",
        topics: [],
        event_date: null,
        pinned: false,
      });
    });

    rule("18", "but never a record of another scope", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", { memories: [{ id, text: "mine", user_id: "me" }] });
      const answer = await api.post("/v1/long-term-memory/", {
        memories: [{ id, text: "yours", user_id: "you" }],
      });
      expect([answer.status, answer.body.code]).toEqual([409, "id_in_use"]);
      expect((await api.get(`/v1/long-term-memory/${id}`)).body.text).toBe("mine");
    });

    rule(
      "8.1",
      "the same words in the same scope are kept once, and the second id still resolves",
      async ({ api, fresh }) => {
        const [user, first, second] = [fresh(), fresh(), fresh()];
        for (const id of [first, second])
          await api.post("/v1/long-term-memory/", { memories: [{ id, text: "the same", user_id: user }] });
        const found = await api.post("/v1/long-term-memory/search", { user_id: { eq: user } });
        expect(found.body).toMatchObject({ total: 1, memories: [{ id: first }] });
        expect((await api.get(`/v1/long-term-memory/${second}`)).body.id).toBe(first);
      },
    );

    rule("8.1", "deduplicate false keeps both", async ({ api, fresh }) => {
      const user = fresh();
      await api.post("/v1/long-term-memory/", {
        deduplicate: false,
        memories: [fresh(), fresh()].map((id) => ({ id, text: "the same", user_id: user })),
      });
      const found = await api.post("/v1/long-term-memory/search", { user_id: { eq: user } });
      expect(found.body.total).toBe(2);
    });

    rule(
      "18",
      "query namespace and user_id are the default of records without one",
      async ({ api, fresh }) => {
        const [a, b, namespace] = [fresh(), fresh(), fresh()];
        await api.post(`/v1/long-term-memory/?namespace=${namespace}`, {
          memories: [
            { id: a, text: "a" },
            { id: b, text: "b", namespace: "own" },
          ],
        });
        expect((await api.get(`/v1/long-term-memory/${a}`)).body.namespace).toBe(namespace);
        expect((await api.get(`/v1/long-term-memory/${b}`)).body.namespace).toBe("own");
      },
    );

    rule("8.2", "an absent memory is 404, and reading is no access", async ({ api, fresh, clock }) => {
      const id = fresh();
      const absent = await api.get(`/v1/long-term-memory/${id}`);
      expect([absent.status, absent.body.detail]).toEqual([404, `Memory with ID ${id} not found`]);
      const last_accessed = "2026-01-01T00:00:00Z";
      await api.post("/v1/long-term-memory/", { memories: [{ id, text: id, last_accessed }] });
      clock.advance(1);
      await api.get(`/v1/long-term-memory/${id}`);
      expect((await api.get(`/v1/long-term-memory/${id}`)).body).toMatchObject({
        last_accessed,
        access_count: 0,
      });
    });

    rule("8.3", "editing changes the fields given and answers the record", async ({ api, fresh, clock }) => {
      const id = fresh();
      const created = { id, text: "old", topics: ["a", "b"], metadata: { k: 1 }, access_count: 2 };
      await api.post("/v1/long-term-memory/", { memories: [created] });
      const before = (await api.get(`/v1/long-term-memory/${id}`)).body;
      clock.advance(60);
      const edited = await api.patch(`/v1/long-term-memory/${id}`, {
        text: "new",
        topics: ["c"],
        entities: ["E"],
        memory_type: "episodic",
        namespace: "n2",
        user_id: "u2",
        session_id: "s2",
        event_date: "2026-01-01",
        pinned: true,
      });
      expect(edited.status).toBe(200);
      expect(edited.body).toMatchObject({
        text: "new",
        topics: ["c"],
        entities: ["E"],
        memory_type: "episodic",
        namespace: "n2",
        user_id: "u2",
        session_id: "s2",
        event_date: "2026-01-01T00:00:00Z",
        pinned: true,
        metadata: { k: 1 },
        access_count: 2,
        created_at: before.created_at,
        last_accessed: before.last_accessed,
      });
      expect(edited.body.memory_hash).not.toBe(before.memory_hash);
      expect(edited.body.updated_at > before.updated_at).toBe(true);
      expect((await api.get(`/v1/long-term-memory/${id}`)).body).toEqual(edited.body);
      const found = await api.post("/v1/long-term-memory/search", {
        text: "new",
        user_id: { eq: "u2" },
        search_mode: "keyword",
      });
      expect(found.body.memories[0].id).toBe(id);
    });

    rule("8.3", "null leaves alone; nothing to change is 400", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", {
        memories: [{ id, text: "x", event_date: "2026-01-01", topics: ["t"] }],
      });
      await api.patch(`/v1/long-term-memory/${id}`, { text: "y", event_date: null, topics: null });
      expect((await api.get(`/v1/long-term-memory/${id}`)).body).toMatchObject({
        text: "y",
        event_date: "2026-01-01T00:00:00Z",
        topics: ["t"],
      });
      for (const body of [{}, { text: null }, { unknown: 1 }]) {
        const answer = await api.patch(`/v1/long-term-memory/${id}`, body);
        expect([answer.status, answer.body.detail]).toEqual([400, "No fields provided for update"]);
      }
    });

    rule("8.3", "bad values are 422, empty text 400, an absent memory 404", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", { memories: [{ id, text: "x" }] });
      const status = async (body: object) => (await api.patch(`/v1/long-term-memory/${id}`, body)).status;
      expect(await status({ topics: ["a,b"] })).toBe(422);
      expect(await status({ memory_type: "odd" })).toBe(422);
      expect(await status({ event_date: "some day" })).toBe(422);
      expect(await status({ text: "" })).toBe(400);
      const absent = fresh();
      const answer = await api.patch(`/v1/long-term-memory/${absent}`, { text: "x" });
      expect([answer.status, answer.body.detail]).toEqual([404, `Memory with ID ${absent} not found`]);
    });

    rule("8.4", "deleting counts those that existed", async ({ api, fresh }) => {
      const [a, b] = [fresh(), fresh()];
      await api.post("/v1/long-term-memory/", {
        memories: [
          { id: a, text: "a" },
          { id: b, text: "b" },
        ],
      });
      const status = async (query: string) => (await api.delete(`/v1/long-term-memory${query}`)).body.status;
      expect(await status(`?memory_ids=${a}&memory_ids=${b}&memory_ids=${fresh()}`)).toBe(
        "ok, deleted 2 memories",
      );
      expect(await status(`?memory_ids=${a}`)).toBe("ok, deleted 0 memories");
      expect(await status("")).toBe("ok, deleted 0 memories");
      expect((await api.get(`/v1/long-term-memory/${a}`)).status).toBe(404);
    });

    rule("2", "with long-term memory switched off its routes are 400, all but forget", async ({ own }) => {
      const { api } = await own({ settings: { longTermMemory: false } });
      const answers = [
        await api.post("/v1/long-term-memory/", { memories: [] }),
        await api.post("/v1/long-term-memory/search", {}),
        await api.get("/v1/long-term-memory/x"),
        await api.patch("/v1/long-term-memory/x", { text: "y" }),
        await api.delete("/v1/long-term-memory?memory_ids=x"),
        await api.post("/v1/long-term-memory/compact"),
        await api.post("/v1/memory/prompt", { query: "q", long_term_search: {} }),
      ];
      for (const answer of answers)
        expect([answer.status, answer.body.detail]).toEqual([400, "Long-term memory is disabled"]);
      expect((await api.post("/v1/long-term-memory/forget", { policy: {} })).status).toBe(200);
      expect((await api.put("/v1/working-memory/s", { memories: [{ text: "stays" }] })).status).toBe(200);
    });

    rule("11", "forgetting tells what would go unless dry_run is false", async ({ api, fresh }) => {
      const [user, old, young] = [fresh(), fresh(), fresh()];
      await api.post("/v1/long-term-memory/", {
        memories: [
          { id: old, text: "old", user_id: user, created_at: "2025-01-01", last_accessed: "2025-01-01" },
          { id: young, text: "young", user_id: user },
        ],
      });
      const forget = (query = "", policy: object = { max_age_days: 30 }, more: object = {}) =>
        api.post(`/v1/long-term-memory/forget?user_id=${user}${query}`, { policy, ...more });
      expect((await forget()).body).toEqual({ scanned: 2, deleted: 1, deleted_ids: [old], dry_run: true });
      expect((await api.get(`/v1/long-term-memory/${old}`)).status).toBe(200);
      expect((await forget("&dry_run=false", {})).body.deleted).toBe(0);
      expect((await forget("", undefined, { pinned_ids: [old] })).body.deleted).toBe(0);
      expect((await forget("", { max_age_days: 30, memory_type_allowlist: ["episodic"] })).body.deleted).toBe(
        0,
      );
      expect((await forget("", { max_age_days: "many", unknown: 1 })).body.deleted).toBe(0);
      expect((await forget("", { max_age_days: 30, max_inactive_days: 3000 })).body.deleted).toBe(1);
      expect((await forget("", { max_age_days: 300, max_inactive_days: 3000 })).body.deleted).toBe(0);
      expect((await forget("", { budget: 1 })).body.deleted_ids).toEqual([old]);
      expect((await forget("&dry_run=false")).body).toMatchObject({ deleted: 1, dry_run: false });
      expect((await api.get(`/v1/long-term-memory/${old}`)).status).toBe(404);
    });

    rule("11", "the policy must be wrapped", async ({ api }) => {
      const answer = await api.post("/v1/long-term-memory/forget", { max_age_days: 1 });
      expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ["body", "policy"]]);
    });

    rule("11", "pinned records stay", async ({ api, fresh }) => {
      const user = fresh();
      await api.post("/v1/long-term-memory/", {
        memories: [{ id: fresh(), text: "x", user_id: user, created_at: "2020-01-01", pinned: true }],
      });
      const answer = await api.post(`/v1/long-term-memory/forget?user_id=${user}&dry_run=false`, {
        policy: { max_age_days: 1, budget: 0 },
      });
      expect(answer.body.deleted).toBe(0);
    });

    rule(
      "12",
      "compaction removes exact duplicates, keeping the most recently used",
      async ({ api, fresh }) => {
        const [user, kept, gone] = [fresh(), fresh(), fresh()];
        await api.post("/v1/long-term-memory/", {
          deduplicate: false,
          memories: [
            { id: gone, text: "twice", user_id: user, last_accessed: "2026-01-01" },
            { id: kept, text: "twice", user_id: user, last_accessed: "2026-02-01" },
            { id: fresh(), text: "once", user_id: user },
          ],
        });
        const answer = await api.post(`/v1/long-term-memory/compact?user_id=${user}`);
        expect(answer.body.status).toBe("ok, 2 memories remaining after compaction");
        expect((await api.get(`/v1/long-term-memory/${kept}`)).status).toBe(200);
        expect((await api.get(`/v1/long-term-memory/${gone}`)).status).toBe(404);
      },
    );

    rule("14", "an absent task is 404", async ({ api }) => {
      const answer = await api.get("/v1/tasks/none");
      expect([answer.status, answer.body.detail]).toEqual([404, "Task none not found"]);
    });
  },
};
