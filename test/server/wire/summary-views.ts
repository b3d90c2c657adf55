import { expect } from "vitest";
import type { Chapter, Wire } from "./suite.ts";

const create = async ({ api }: Wire, view: object = {}) => {
  const answer = await api.post("/v1/summary-views", { source: "long_term", ...view });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};

export const summaryViews: Chapter = {
  title: "summary views and tasks",
  rules(rule) {
    rule("14.1", "a view gets an id and its defaults, and can be read, listed and deleted", async (wire) => {
      const { api } = wire;
      const view = await create(wire, { group_by: ["user_id"] });
      expect(view).toEqual({
        id: expect.stringMatching(/^[0-9A-Z]{26}$/),
        name: null,
        source: "long_term",
        group_by: ["user_id"],
        filters: {},
        time_window_days: null,
        continuous: false,
        prompt: null,
        model_name: null,
      });
      expect((await api.get(`/v1/summary-views/${view.id}`)).body).toEqual(view);
      expect((await api.get("/v1/summary-views")).body).toContainEqual(view);
      expect((await api.delete(`/v1/summary-views/${view.id}`)).body).toEqual({ status: "ok" });
      const absent = await api.get(`/v1/summary-views/${view.id}`);
      expect([absent.status, absent.body.detail]).toEqual([404, `SummaryView ${view.id} not found`]);
      expect((await api.delete(`/v1/summary-views/${view.id}`)).body).toEqual({ status: "ok" });
    });

    rule("14.1", "sources and keys that are not supported are refused", async ({ api }) => {
      const post = async (view: object) => {
        const { status, body } = await api.post("/v1/summary-views", view);
        return [status, body.detail];
      };
      expect((await post({ source: "working_memory" }))[0]).toBe(400);
      expect((await post({ source: "working_memory" }))[1]).toContain("long_term");
      expect((await post({ source: "elsewhere" }))[0]).toBe(422);
      expect((await post({ source: "long_term", time_window_days: 0 }))[0]).toBe(422);
      expect(await post({ source: "long_term", group_by: ["b", "user_id", "a"] })).toEqual([
        400,
        "Unsupported group_by fields: a, b",
      ]);
      expect(await post({ source: "long_term", filters: { text: "x", color: "y" } })).toEqual([
        400,
        "Unsupported filter fields: color, text",
      ]);
    });

    rule("18", "null for filters and continuous is accepted", async (wire) => {
      const view = await create(wire, { filters: null, continuous: null });
      expect(view).toMatchObject({ filters: {}, continuous: false });
    });

    rule(
      "14.2",
      "a partition is computed from the matching records, oldest first, and kept",
      async (wire) => {
        const { api, fresh } = wire;
        const [user, namespace] = [fresh(), fresh()];
        const dated = (text: string, event_date: string, more: object = {}) => ({
          id: fresh(),
          text,
          event_date,
          user_id: user,
          namespace,
          topics: ["trip"],
          ...more,
        });
        await api.post("/v1/long-term-memory/", {
          memories: [
            dated("second", "2026-02-02"),
            dated("first", "2026-01-01"),
            dated("off topic", "2026-01-01", { topics: ["work"] }),
            dated("too old", "2026-01-01", { created_at: "2020-01-01" }),
            dated("somebody else's", "2026-01-01", { user_id: fresh() }),
          ],
        });
        const view = await create(wire, {
          group_by: ["user_id", "namespace"],
          filters: { topics: ["trip", "holiday"], namespace },
          time_window_days: 30,
        });
        const run = (body: object) => api.post(`/v1/summary-views/${view.id}/partitions/run`, body);
        const group = { user_id: user, namespace };
        const { body } = await run({ group });
        expect(body).toMatchObject({
          view_id: view.id,
          group,
          memory_count: 2,
          empty: false,
          empty_reason: null,
          computed_at: expect.stringMatching(/Z$/),
        });
        expect(body.summary.split("\n").slice(1)).toEqual(["- first", "- second"]);
        expect((await run(group)).body.memory_count).toBe(2);
        const none = await run({ group: { user_id: "nobody", namespace } });
        expect(none.body).toMatchObject({
          summary: "",
          memory_count: 0,
          empty: true,
          empty_reason: "no_matching_memories",
        });
        const partitions = async (query = "") =>
          (await api.get(`/v1/summary-views/${view.id}/partitions${query}`)).body;
        expect(await partitions()).toHaveLength(2);
        expect(await partitions(`?user_id=${user}`)).toMatchObject([{ group }]);
        expect(await partitions("?session_id=x")).toEqual([]);
      },
    );

    rule("14.2", "the keys of a group must be those of the view", async (wire) => {
      const view = await create(wire, { group_by: ["user_id", "namespace"] });
      const answer = await wire.api.post(`/v1/summary-views/${view.id}/partitions/run`, {
        group: { user_id: "u", session_id: "s" },
      });
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toMatch(/session_id, user_id.*namespace, user_id/);
      const absent = await wire.api.post("/v1/summary-views/none/partitions/run", { group: {} });
      expect([absent.status, absent.body.detail]).toEqual([404, "SummaryView none not found"]);
    });

    rule("14.3", "a full run answers at once with a task, and computes every group", async (wire) => {
      const { api, fresh } = wire;
      const [namespace, one, two] = [fresh(), fresh(), fresh()];
      await api.post("/v1/long-term-memory/", {
        memories: [
          { id: fresh(), text: "a", namespace, user_id: one },
          { id: fresh(), text: "b", namespace, user_id: two },
          { id: fresh(), text: "c", namespace, user_id: two },
          { id: fresh(), text: "of nobody", namespace },
        ],
      });
      const view = await create(wire, { group_by: ["user_id"], filters: { namespace } });
      const started = await api.post(`/v1/summary-views/${view.id}/run`, { force: true });
      expect(started.body).toEqual({
        id: expect.any(String),
        type: "summary_view_full_run",
        status: "pending",
        view_id: view.id,
        created_at: expect.stringMatching(/Z$/),
        started_at: null,
        completed_at: null,
        error_message: null,
      });
      const task = async (id: string) => (await api.get(`/v1/tasks/${id}`)).body;
      await expect.poll(async () => (await task(started.body.id)).status).toBe("success");
      const done = await task(started.body.id);
      expect(done.started_at >= done.created_at && done.completed_at >= done.started_at).toBe(true);
      const { body } = await api.get(`/v1/summary-views/${view.id}/partitions`);
      const counts = body.map(({ group, memory_count }: Record<string, Record<string, string>>) => [
        group?.["user_id"],
        memory_count,
      ]);
      expect(counts.sort()).toEqual(
        [
          [one, 1],
          [two, 2],
        ].sort(),
      );
    });

    rule("14.3", "the id of a task may be given, the body left out, and a failure is told", async (wire) => {
      const { api, fresh } = wire;
      const view = await create(wire, { filters: { event_date: "some day" } });
      const id = fresh();
      expect((await api.post(`/v1/summary-views/${view.id}/run`, { task_id: id })).body.id).toBe(id);
      await expect.poll(async () => (await api.get(`/v1/tasks/${id}`)).body.status).toBe("failed");
      expect((await api.get(`/v1/tasks/${id}`)).body.error_message).toMatch(/event_date|eventDate/);
      expect((await api.post(`/v1/summary-views/${view.id}/run`)).status).toBe(200);
    });

    rule("14", "views and tasks are in nobody's way", async ({ own }) => {
      const { api } = await own();
      await api.post("/v1/summary-views", { source: "long_term" });
      expect((await api.get("/v1/working-memory/")).body.total).toBe(0);
      expect((await api.get("/v1/changes")).body.changes).toEqual([]);
      expect((await api.get("/v1/summary-views", { "memoir-tenant": "other" })).body).toEqual([]);
    });
  },
};
