import type { Task, View } from "../../contract/views.ts";
import { sha256Hex } from "../../core/content-hash.ts";
import { NotFoundError } from "../../core/errors.ts";
import { formatMilliseconds } from "../../core/time.ts";
import type { Call, Handlers, Surroundings } from "../call.ts";
import { Refusal } from "../errors.ts";
import { startTask } from "../tasks.ts";
import { FILTER_FIELDS, GROUP_FIELDS, matchingRecords, summarize } from "../view-run.ts";
import { ViewStore } from "../view-store.ts";

type Names =
  | "createView"
  | "listViews"
  | "getView"
  | "deleteView"
  | "runPartition"
  | "listPartitions"
  | "runView"
  | "getTask";

/** Summary views and their tasks, contract section 14. */
export function viewHandlers(surroundings: Surroundings): Handlers<Names> {
  const { operations, clock, ids } = surroundings;
  const storeOf = (call: Call) => new ViewStore(operations, call.tenant);

  const viewOf = async (id: string, call: Call): Promise<View> => {
    const view = await storeOf(call).view(id);
    if (!view) throw new NotFoundError("not_found", `SummaryView ${id} not found`, { details: { id } });
    return view;
  };

  return {
    async createView({ body, call }) {
      if (body.source !== "long_term")
        throw new Refusal(400, "Summary views are made of long_term memory only", "not_supported");
      const filters = body.filters ?? {};
      refuseUnknown("group_by", body.group_by, GROUP_FIELDS);
      refuseUnknown("filter", Object.keys(filters), FILTER_FIELDS);
      const view: View = {
        ...body,
        source: "long_term",
        // A request that is repeated with its key defines the same view again.
        id: call.idempotencyKey === undefined ? ids.next() : sha256Hex(call.idempotencyKey).slice(0, 26),
        group_by: [...new Set(body.group_by)],
        filters,
        continuous: body.continuous ?? false,
      };
      await storeOf(call).saveView(view);
      return view;
    },

    async listViews({ call }) {
      return storeOf(call).views();
    },

    async getView({ path, call }) {
      return viewOf(path.view_id, call);
    },

    async deleteView({ path, call }) {
      await storeOf(call).deleteView(path.view_id);
      return { status: "ok" };
    },

    async runPartition({ path, body, call }) {
      const view = await viewOf(path.view_id, call);
      const [given, wanted] = [Object.keys(body.group).sort(), [...view.group_by].sort()];
      if (given.join() !== wanted.join())
        throw new Refusal(
          400,
          `The group has the keys [${given.join(", ")}], but the view groups by [${wanted.join(", ")}]`,
        );
      const records = await matchingRecords(surroundings, view, body.group, call);
      const partition = summarize(view, body.group, records, clock.now());
      await storeOf(call).savePartition(partition);
      return partition;
    },

    async listPartitions({ path, query, call }) {
      const view = await viewOf(path.view_id, call);
      const partitions = await storeOf(call).partitions(view.id);
      const wanted = Object.entries(query).filter(([, value]) => value !== null);
      return partitions.filter(({ group }) => wanted.every(([name, value]) => group[name] === value));
    },

    async runView({ path, body, call }) {
      const view = await viewOf(path.view_id, call);
      const task: Task = {
        id: body.task_id || ids.next(),
        type: "summary_view_full_run",
        status: "pending",
        view_id: view.id,
        created_at: formatMilliseconds(clock.now()),
        started_at: null,
        completed_at: null,
        error_message: null,
      };
      await storeOf(call).saveTask(task);
      await startTask(surroundings, task, call);
      return task;
    },

    async getTask({ path, call }) {
      const task = await storeOf(call).task(path.task_id);
      if (!task) throw new NotFoundError("not_found", `Task ${path.task_id} not found`);
      // Whoever wrote it may have been killed before it was enqueued; a task that waits already stays one.
      if (task.status === "pending" && operations.jobs) await startTask(surroundings, task, call);
      return task;
    },
  };
}

function refuseUnknown(kind: string, names: readonly string[], known: readonly string[]): void {
  const unknown = [...new Set(names)].filter((name) => !known.includes(name)).sort();
  if (unknown.length > 0) throw new Refusal(400, `Unsupported ${kind} fields: ${unknown.join(", ")}`);
}
