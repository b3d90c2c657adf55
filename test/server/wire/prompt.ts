import { expect } from "vitest";
import type { Chapter } from "./suite.ts";

interface PromptMessage {
  readonly role: string;
  readonly content: { readonly text: string };
}

const lines = (body: { messages: PromptMessage[] }) =>
  body.messages.map(({ role, content }) => [role, content.text]);

export const prompting: Chapter = {
  title: "memory prompt",
  rules(rule) {
    rule("13", "summary, conversation, memories and query come in this order", async ({ api, fresh }) => {
      const [id, user, memory] = [fresh(), fresh(), fresh()];
      await api.put(`/v1/working-memory/${id}`, {
        user_id: user,
        context: "They planned a trip.",
        messages: [
          { role: "user", content: "Where to?", created_at: "2026-05-04T09:00:00Z" },
          { role: "tool", content: "Rome", created_at: "2026-05-04T09:00:01Z" },
        ],
        data: { secret: 1 },
      });
      await api.post("/v1/long-term-memory/", {
        memories: [{ id: memory, text: "Likes aisle seats", user_id: user }],
      });
      const { status, body } = await api.post("/v1/memory/prompt", {
        query: "Which seat?",
        session: { session_id: id, user_id: user },
        long_term_search: {},
      });
      expect(status).toBe(200);
      const [summary, ...rest] = lines(body);
      expect(summary?.[0]).toBe("system");
      expect(summary?.[1]).toMatch(/^## .*summary.*:\nThey planned a trip\.$/i);
      expect(rest).toEqual([
        ["user", "Where to?"],
        ["assistant", "Rome"],
        ["system", `## Long term memories related to the user's query\n - Likes aisle seats (ID: ${memory})`],
        ["user", "Which seat?"],
      ]);
      expect(body.messages[0].content).toEqual({
        type: "text",
        text: summary?.[1],
        annotations: null,
        _meta: null,
      });
      expect(body.long_term_memories).toMatchObject([{ id: memory, dist: expect.any(Number) }]);
    });

    rule("13", "several memories stand one a line, none is said in words", async ({ api, fresh }) => {
      const user = fresh();
      const ask = (eq: string) =>
        api.post("/v1/memory/prompt", { query: "tea", long_term_search: { user_id: { eq } } });
      for (const text of ["green tea", "black tea"])
        await api.post("/v1/long-term-memory/", { memories: [{ id: fresh(), text, user_id: user }] });
      expect(lines((await ask(user)).body)[0]?.[1]?.split("\n")).toHaveLength(3);
      const { body } = await ask(fresh());
      expect(lines(body)[0]?.[1]).toBe(
        "## Long term memories related to the user's query\n No relevant long-term memories found.",
      );
      expect(body.long_term_memories).toBeNull();
    });

    rule("13", "without a session and a search it is 400; an empty search is one", async ({ api }) => {
      for (const body of [
        { query: "q" },
        { query: "q", long_term_search: false },
        { query: "q", session: null },
      ]) {
        const answer = await api.post("/v1/memory/prompt", body);
        expect([answer.status, answer.body.detail]).toEqual([
          400,
          "Either session or long_term_search must be provided",
        ]);
      }
      expect((await api.post("/v1/memory/prompt", { query: "", long_term_search: {} })).status).toBe(200);
    });

    rule("13", "an unknown session is no error", async ({ api, fresh }) => {
      const { status, body } = await api.post("/v1/memory/prompt", {
        query: "q",
        session: { session_id: fresh() },
      });
      expect([status, lines(body), body.long_term_memories]).toEqual([200, [["user", "q"]], null]);
    });

    rule("13", "a window cuts the conversation from the oldest", async ({ api, fresh }) => {
      const id = fresh();
      await api.put(`/v1/working-memory/${id}`, {
        messages: ["one", "two", "three"].map((content, index) => ({
          role: "user",
          content,
          created_at: `2026-05-04T09:00:0${index}Z`,
        })),
      });
      const { body } = await api.post("/v1/memory/prompt", {
        query: "q",
        session: { session_id: id, context_window_max: "7" },
      });
      expect(lines(body).map(([, text]) => text)).toEqual(["two", "three", "q"]);
    });

    rule("13", "true lists what other sessions left of the user", async ({ api, fresh }) => {
      const [id, user] = [fresh(), fresh()];
      await api.post("/v1/long-term-memory/", {
        memories: [
          { id: fresh(), text: "elsewhere", user_id: user, session_id: "other" },
          { id: fresh(), text: "here", user_id: user, session_id: id },
          { id: fresh(), text: "somebody else's", user_id: fresh() },
        ],
      });
      const { body } = await api.post("/v1/memory/prompt", {
        query: "anything",
        session: { session_id: id, user_id: user },
        long_term_search: true,
      });
      expect(body.long_term_memories.map((memory: { text: string }) => memory.text)).toEqual(["elsewhere"]);
    });

    rule(
      "13",
      "the query replaces the text, and the session's user narrows a search without one",
      async ({ api, fresh }) => {
        const [user, other] = [fresh(), fresh()];
        await api.post("/v1/long-term-memory/", {
          memories: [
            { id: fresh(), text: "drinks tea", user_id: user },
            { id: fresh(), text: "drinks tea, too", user_id: other },
          ],
        });
        const found = async (long_term_search: object) => {
          const session = { session_id: fresh(), user_id: user };
          const { body } = await api.post("/v1/memory/prompt", { query: "tea", session, long_term_search });
          return body.long_term_memories?.map((memory: { text: string }) => memory.text) ?? null;
        };
        expect(await found({ text: "volcano", search_mode: "keyword" })).toEqual(["drinks tea"]);
        expect(await found({ user_id: { eq: other } })).toEqual(["drinks tea, too"]);
      },
    );

    rule("13", "errors of the search apply", async ({ api }) => {
      const answer = await api.post("/v1/memory/prompt", {
        query: "q",
        long_term_search: { search_mode: "keyword", distance_threshold: 0.5 },
      });
      expect(answer.status).toBe(400);
      const invalid = await api.post("/v1/memory/prompt", { query: "q", long_term_search: { limit: 0 } });
      expect([invalid.status, invalid.body.detail[0].loc]).toEqual([
        422,
        ["body", "long_term_search", "limit"],
      ]);
    });
  },
};
