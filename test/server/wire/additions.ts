import { expect } from "vitest";
import type { Chapter } from "./suite.ts";

const key = (value: string) => ({ "idempotency-key": value });

/** What the server offers beyond the contract: everything the library can do, over HTTP. */
export const additions: Chapter = {
  title: "beyond the contract",
  rules(rule) {
    rule("own", "messages are appended atomically, and one id is one message", async ({ api, fresh }) => {
      const id = fresh();
      const append = (messages: object[], more: object = {}) =>
        api.post(`/v1/working-memory/${id}/messages`, { messages, user_id: "u", ...more });
      const message = { id: "m1", role: "user", content: "one" };
      expect((await append([message])).body).toEqual({ added: ["m1"], version: 1, created: true });
      expect((await append([message, { role: "user", content: "two" }])).body.added).toHaveLength(1);
      const { body } = await api.get(`/v1/working-memory/${id}?user_id=u`);
      expect(body.messages.map((kept: { content: string }) => kept.content)).toEqual(["one", "two"]);
      expect((await append([{ role: "user", content: " " }])).status).toBe(400);
      expect((await append([message], { expected_version: 1 })).status).toBe(409);
      const absent = await api.post(`/v1/working-memory/${fresh()}/messages`, {
        messages: [message],
        create: false,
      });
      expect([absent.status, absent.body.code]).toEqual([404, "session_not_found"]);
    });

    rule("own", "many writers append at once and nothing is lost", async ({ api, fresh }) => {
      const id = fresh();
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          api.post(`/v1/working-memory/${id}/messages`, {
            messages: [{ role: "user", content: `message ${index}` }],
          }),
        ),
      );
      expect((await api.get(`/v1/working-memory/${id}`)).body.messages).toHaveLength(40);
    });

    rule(
      "own",
      "a write repeated with its key is done once and answers the same",
      async ({ api, fresh, clock }) => {
        const [id, record] = [fresh(), fresh()];
        const writes = [
          () =>
            api.put(
              `/v1/working-memory/${id}`,
              { messages: [{ role: "user", content: "x" }] },
              key(`${id}-put`),
            ),
          () =>
            api.post(
              `/v1/working-memory/${id}/messages`,
              { messages: [{ role: "user", content: "again" }] },
              key(`${id}-append`),
            ),
          () => api.post(`/v1/working-memory/${id}/lists/l/push`, { values: [1] }, key(`${id}-push`)),
          () => api.patch(`/v1/working-memory/${id}/data`, { increment: { n: 1 } }, key(`${id}-data`)),
          () =>
            api.post(
              "/v1/long-term-memory/",
              { memories: [{ id: record, text: record }] },
              key(`${id}-create`),
            ),
          () => api.patch(`/v1/long-term-memory/${record}`, { text: `${record}!` }, key(`${id}-edit`)),
          () =>
            api.post("/v1/long-term-memory/add", { memories: [{ text: `${id} added` }] }, key(`${id}-add`)),
          () => api.delete(`/v1/long-term-memory?memory_ids=${record}`, key(`${id}-delete`)),
        ];
        for (const write of writes) {
          const first = await write();
          clock.advance(1);
          const second = await write();
          expect(first.status).toBe(200);
          expect(second.body).toEqual(first.body);
        }
        const { body } = await api.get(`/v1/working-memory/${id}`);
        expect(body.messages).toHaveLength(2);
        expect(body.lists).toEqual({ l: [1] });
        expect(body.data).toEqual({ n: 1 });
      },
    );

    rule("own", "a key used for something else is refused", async ({ api, fresh }) => {
      const id = fresh();
      const append = (content: string) =>
        api.post(`/v1/working-memory/${id}/messages`, { messages: [{ role: "user", content }] }, key(id));
      await append("one");
      const other = await append("two");
      expect([other.status, other.body.code]).toEqual([409, "idempotency_key_reused"]);
    });

    rule(
      "own",
      "If-Match and ETag make a PUT a compare-and-set: 412 when somebody was first",
      async ({ api, fresh }) => {
        const id = fresh();
        const put = (context: string, headers: Record<string, string>) =>
          api.put(`/v1/working-memory/${id}`, { context }, headers);
        const first = await put("first", { "if-none-match": "*" });
        expect([first.status, first.headers.get("etag")]).toEqual([200, '"1"']);
        const refused = await put("again", { "if-none-match": "*" });
        expect([refused.status, refused.body.code]).toEqual([412, "version_conflict"]);
        const second = await put("second", { "if-match": '"1"' });
        expect(second.headers.get("etag")).toBe('"2"');
        expect((await put("late", { "if-match": '"1"' })).status).toBe(412);
        const got = await api.get(`/v1/working-memory/${id}`);
        expect([got.body.context, got.headers.get("etag")]).toEqual(["second", '"2"']);
        expect((await api.delete(`/v1/working-memory/${id}`, { "if-match": '"1"' })).status).toBe(412);
        expect((await put("x", { "if-match": "junk" })).body.detail[0].loc).toEqual(["header", "if-match"]);
      },
    );

    rule("own", "If-Match guards edits and deletions of records", async ({ api, fresh }) => {
      const id = fresh();
      await api.post("/v1/long-term-memory/", { memories: [{ id, text: id }] });
      const tag = (await api.get(`/v1/long-term-memory/${id}`)).headers.get("etag") ?? "";
      const edit = (text: string) => api.patch(`/v1/long-term-memory/${id}`, { text }, { "if-match": tag });
      expect((await edit(`${id} edited`)).headers.get("etag")).toBe('"2"');
      expect((await edit(`${id} late`)).status).toBe(412);
      const gone = await api.delete(`/v1/long-term-memory?memory_ids=${id}`, { "if-match": tag });
      expect(gone.status).toBe(412);
      expect((await api.get(`/v1/long-term-memory/${id}`)).body.text).toBe(`${id} edited`);
    });

    rule("own", "data is set, merged, added to and deleted key by key", async ({ api, fresh }) => {
      const id = fresh();
      const change = (body: object) => api.patch(`/v1/working-memory/${id}/data`, body);
      expect((await change({ set: { a: 1, b: { c: 1 } } })).body).toMatchObject({
        version: 1,
        created: true,
      });
      const { body } = await change({ merge: { b: { d: 2 } }, increment: { a: 4 }, delete: ["none"] });
      expect(body.data).toEqual({ a: 5, b: { c: 1, d: 2 } });
      expect((await change({ delete: ["a"] })).body.data).toEqual({ b: { c: 1, d: 2 } });
      expect((await change({ increment: { b: 1 } })).status).toBe(422);
      expect((await change({})).status).toBe(422);
    });

    rule(
      "own",
      "lists are pushed to, popped, inserted into, searched, replaced and removed",
      async ({ api, fresh }) => {
        const path = `/v1/working-memory/${fresh()}/lists/to%20do`;
        expect((await api.get(path)).status).toBe(404);
        expect((await api.post(`${path}/push`, { values: ["a", { b: null }] })).body.length).toBe(2);
        expect((await api.post(`${path}/insert`, { index: 0, value: "first" })).body.length).toBe(3);
        expect((await api.post(`${path}/remove`, { value: { b: null } })).body.removed).toBe(true);
        expect((await api.get(path)).body).toEqual({ list: "to do", values: ["first", "a"] });
        expect((await api.post(`${path}/pop`, { index: 0 })).body.popped).toEqual(["first"]);
        expect((await api.post(`${path}/pop`, {})).body.popped).toEqual(["a"]);
        expect((await api.post(`${path}/pop`, {})).body.popped).toEqual([]);
        await api.put(path, { values: [1, 2, 3] });
        expect((await api.get(path)).body.values).toEqual([1, 2, 3]);
        expect((await api.delete(path)).body.removed).toBe(true);
        expect((await api.get(path)).body.values).toEqual([]);
      },
    );

    rule("own", "any operations are applied in one atomic write", async ({ api, fresh }) => {
      const id = fresh();
      const write = (operations: object[], more: object = {}) =>
        api.post(`/v1/working-memory/${id}/operations`, { operations, ...more });
      const { body } = await write([
        { operation: "append", messages: [{ id: "m", role: "user", content: "x" }] },
        { operation: "set_data", values: { n: 1 } },
        { operation: "increment", key: "n", by: 2 },
        { operation: "push_list", list: "l", values: [1, 2] },
        { operation: "set_time_to_live", seconds: 60, sliding: false },
      ]);
      expect(body).toEqual({ version: 1, created: true, results: [["m"], null, 3, 2, null] });
      const failed = await write([
        { operation: "set_data", values: { n: 9 } },
        { operation: "increment", key: "n", by: "two" },
      ]);
      expect(failed.body.detail[0].loc).toEqual(["body", "operations", 1, "by"]);
      expect((await write([{ operation: "explode" }])).status).toBe(422);
      expect((await write([{ operation: "set_tokens", tokens: 5 }], { expected_version: 9 })).status).toBe(
        409,
      );
      const state = await api.get(`/v1/working-memory/${id}/state`);
      expect(state.body.session).toMatchObject({
        data: { n: 3 },
        ttl_seconds: 60,
        sliding_expiry: false,
        version: 1,
      });
    });

    rule("own", "reading the state is exact and never looks further", async ({ api, fresh }) => {
      const id = fresh();
      await api.put(`/v1/working-memory/${id}`, {
        namespace: "n",
        created_at: "2026-01-01T00:00:00.123456Z",
      });
      expect((await api.get(`/v1/working-memory/${id}/state`)).body).toEqual({ session: null });
      const { body } = await api.get(`/v1/working-memory/${id}/state?namespace=n`);
      expect(body.session.created_at).toBe("2026-01-01T00:00:00.123456Z");
      expect((await api.get(`/v1/working-memory/${id}/key`)).body.key).toEqual({
        tenant: "default",
        namespace: "n",
        user_id: null,
        session_id: id,
      });
      expect((await api.get(`/v1/working-memory/${id}?exact=true`)).status).toBe(404);
      const listed = await api.get(`/v1/sessions?namespace=n&limit=1000`);
      expect(listed.body.sessions).toContainEqual(
        expect.objectContaining({ session_id: id, message_count: 0 }),
      );
    });

    rule("own", "a context holds what a model needs inside its budget", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      await api.put(`/v1/working-memory/${id}`, {
        user_id: user,
        context: "They talked about trains.",
        messages: [{ role: "user", content: "hello", created_at: "2026-05-04T09:00:00Z" }],
        memories: [{ text: "Prefers aisle seats", memory_type: "semantic" }],
      });
      const { body } = await api.post(`/v1/working-memory/${id}/context`, {
        user_id: user,
        query: "which seat does she prefer?",
        max_tokens: 500,
      });
      expect(body.messages.at(-1)).toEqual({ role: "user", content: "which seat does she prefer?" });
      expect(body.memories).toMatchObject([{ text: "Prefers aisle seats", score: expect.any(Number) }]);
      expect(body.tokens).toBeLessThanOrEqual(500);
      expect(body.omitted_messages).toBe(0);
    });

    rule(
      "own",
      "records have a history, and the past can be read and searched",
      async ({ api, fresh, clock }) => {
        const [id, user] = [fresh(), fresh()];
        await api.post("/v1/long-term-memory/", { memories: [{ id, text: "lives in Rome", user_id: user }] });
        const then = new Date(clock.now()).toISOString();
        clock.advance(60);
        await api.post("/v1/long-term-memory/update", {
          scope: { user_id: user },
          id,
          patch: { text: "lives in Oslo" },
          actor: "tester",
          reason: "moved",
          confidence: 0.9,
        });
        const history = await api.get(`/v1/long-term-memory/${id}/history`);
        expect(history.body.versions).toMatchObject([
          { version: 1, change: "create", actor: null, memory: { text: "lives in Rome" } },
          { version: 2, change: "update", actor: "tester", reason: "moved", confidence: 0.9 },
        ]);
        expect(
          (await api.get(`/v1/long-term-memory/${id}/history?user_id=${fresh()}`)).body.versions,
        ).toEqual([]);
        expect((await api.get(`/v1/long-term-memory/${id}?as_of=${then}`)).body.text).toBe("lives in Rome");
        const request = { user_id: { eq: user }, as_of: then };
        for (const text of [null, "lives in"]) {
          const found = await api.post("/v1/long-term-memory/search", { ...request, text });
          expect(found.body.memories).toMatchObject([{ text: "lives in Rome" }]);
        }
      },
    );

    rule("own", "validity decides what is recalled", async ({ api, fresh }) => {
      const user = fresh();
      await api.post("/v1/long-term-memory/", {
        memories: [
          { id: fresh(), text: "works at Acme", user_id: user, valid_to: "2026-01-01" },
          { id: fresh(), text: "works at Umbra", user_id: user, valid_from: "2026-01-01" },
        ],
      });
      const found = async (more: object) => {
        const { body } = await api.post("/v1/long-term-memory/search", { user_id: { eq: user }, ...more });
        return body.memories.map((memory: { text: string }) => memory.text).sort();
      };
      expect(await found({})).toEqual(["works at Umbra"]);
      expect(await found({ text: "works at" })).toEqual(["works at Umbra"]);
      expect(await found({ valid_at: "2025-06-01" })).toEqual(["works at Acme"]);
      expect(await found({ valid_at: "any" })).toEqual(["works at Acme", "works at Umbra"]);
    });

    rule(
      "own",
      "records are added, read, listed, recalled, updated and deleted in a scope",
      async ({ api, fresh }) => {
        const scope = { user_id: fresh(), agent_id: "a" };
        const added = await api.post("/v1/long-term-memory/add", {
          scope,
          memories: [
            { text: "tea is best at four", topics: ["tea, green"], importance: 0.9, speaker: "Ann" },
            { text: "coffee before noon", metadata: { cup: { size: 2 } } },
          ],
          reason: "noted",
        });
        expect(added.body.results.map((result: { status: string }) => result.status)).toEqual([
          "created",
          "created",
        ]);
        const [tea, coffee] = added.body.results.map(
          (result: { memory: { id: string } }) => result.memory.id,
        );
        const got = await api.post("/v1/long-term-memory/get", { scope, ids: [coffee, "none", tea] });
        expect(got.body.memories).toMatchObject([{ id: coffee }, null, { id: tea, speaker: "Ann" }]);
        const foreign = await api.post("/v1/long-term-memory/get", { scope: { user_id: "x" }, ids: [tea] });
        expect(foreign.body.memories).toEqual([null]);
        const listed = await api.post("/v1/long-term-memory/list", {
          scope,
          filter: { or: [{ importance: { gt: 0.8 } }, { "metadata.cup.size": 2 }], not: { speaker: "Bob" } },
          order: "oldest",
          limit: 1,
        });
        expect(listed.body).toMatchObject({ total: 2, cursor: expect.any(String) });
        const recalled = await api.post("/v1/long-term-memory/recall", {
          scope,
          text: "tea",
          explain: true,
          limit: 1,
        });
        expect(recalled.body).toMatchObject({
          memories: [{ id: tea, explanation: { matched: ["tea"] } }],
          next_offset: 1,
          confidence: expect.any(Number),
        });
        const updated = await api.post("/v1/long-term-memory/update", {
          scope,
          id: tea,
          patch: { speaker: null, importance: 0.1 },
          expected_version: 1,
        });
        expect(updated.body).toMatchObject({ speaker: null, importance: 0.1, version: 2 });
        const late = await api.post("/v1/long-term-memory/update", {
          scope,
          id: tea,
          patch: { importance: 0.2 },
          expected_version: 1,
        });
        expect([late.status, late.body.code]).toEqual([409, "version_conflict"]);
        const deleted = await api.post("/v1/long-term-memory/delete", {
          scope,
          ids: [tea, coffee],
          erase: true,
        });
        expect(deleted.body.deleted.sort()).toEqual([tea, coffee].sort());
        expect((await api.get(`/v1/long-term-memory/${tea}/history`)).body.versions).toEqual([]);
      },
    );

    rule("own", "an empty scope label is refused instead of meaning everybody", async ({ api }) => {
      for (const path of ["/v1/working-memory/?user_id=", "/v1/sessions?user_id=", "/v1/changes?user_id="])
        expect((await api.get(path)).status).toBe(422);
      const answer = await api.post("/v1/long-term-memory/list", { scope: { user_id: "" } });
      expect(answer.status).toBe(422);
      const forget = await api.post("/v1/long-term-memory/forget?user_id=&dry_run=false", {
        policy: { budget: 0 },
      });
      expect(forget.status).toBe(422);
    });

    rule("own", "tenants do not see one another", async ({ api, fresh }) => {
      const id = fresh();
      const tenant = (name: string) => ({ "memoir-tenant": encodeURIComponent(name) });
      await api.post("/v1/long-term-memory/", { memories: [{ id, text: "a" }] }, tenant("Größe/1"));
      expect((await api.get(`/v1/long-term-memory/${id}`)).status).toBe(404);
      expect((await api.get(`/v1/long-term-memory/${id}`, tenant("Größe/1"))).status).toBe(200);
      expect((await api.get(`/v1/long-term-memory/${id}`, tenant("Größe"))).status).toBe(404);
      expect((await api.get("/v1/changes", { "memoir-tenant": "%ff" })).status).toBe(400);
    });

    rule("own", "the change feed pages by sequence and keeps to a scope", async ({ own }) => {
      const { api } = await own();
      await api.post("/v1/long-term-memory/", {
        memories: [
          { id: "a", text: "a", user_id: "u" },
          { id: "b", text: "b", user_id: "v" },
        ],
      });
      await api.put("/v1/working-memory/s", { user_id: "u" });
      await api.delete("/v1/long-term-memory?memory_ids=a");
      const all = (await api.get("/v1/changes")).body;
      expect(all.changes.map(({ kind, change, id }: Record<string, string>) => [kind, change, id])).toEqual([
        ["record", "create", "a"],
        ["record", "create", "b"],
        ["session", "create", "s"],
        ["record", "delete", "a"],
      ]);
      expect(all.sequence).toBe(all.changes.at(-1).sequence);
      const page = (await api.get(`/v1/changes?after=${all.changes[0].sequence}&limit=2`)).body;
      expect(page.changes).toEqual(all.changes.slice(1, 3));
      const mine = (await api.get("/v1/changes?user_id=u")).body.changes;
      expect(mine.map(({ id }: { id: string }) => id)).toEqual(["a", "s", "a"]);
    });

    rule(
      "own",
      "the change feed is a stream for whoever accepts one, and goes on after the last id",
      async ({ own }) => {
        const { api, url } = await own({ stream: { poll: 5, heartbeat: 10 } });
        const create = (id: string) => api.post("/v1/long-term-memory/", { memories: [{ id, text: id }] });
        await create("a");
        await create("b");
        const open = async (headers: Record<string, string>) => {
          const response = await fetch(`${url}/v1/changes`, {
            headers: { accept: "text/event-stream", ...headers },
          });
          expect(response.headers.get("content-type")).toBe("text/event-stream");
          const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
          let text = "";
          return {
            until: async (wanted: RegExp) => {
              while (!wanted.test(text)) {
                const part = await reader?.read();
                if (!part || part.done) break;
                text += part.value;
              }
              expect(text).toMatch(wanted);
              return text;
            },
            close: () => reader?.cancel(),
          };
        };
        const stream = await open({});
        await stream.until(/id: 2\nevent: change\ndata: .*"id":"b"/);
        await create("c");
        await stream.until(/"id":"c"/);
        await stream.until(/: still here/);
        await stream.close();
        const resumed = await open({ "last-event-id": "2" });
        expect(await resumed.until(/"id":"c"/)).not.toContain('"id":"a"');
        await resumed.close();
      },
    );
  },
};
