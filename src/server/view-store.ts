import type { Group, Partition, Task, View } from "../contract/views.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import type { SessionKey } from "../core/session/state.ts";
import type { MemoryOperations } from "../operations.ts";

const WEEK = 7 * 86_400;

/**
 * Keeps views, what was computed for them, and tasks. They are the server's own data, so they live in working memory of
 * a tenant beside the users' one, where no listing, search or change feed of theirs meets them.
 */
export class ViewStore {
  readonly #operations: MemoryOperations;
  readonly #tenant: string;

  constructor(operations: MemoryOperations, tenant: string) {
    this.#operations = operations;
    this.#tenant = checkLabel(`summary views of ${tenant}`, "tenant");
  }

  async saveView(view: View): Promise<void> {
    await this.#set("views", view.id, view);
  }

  async views(): Promise<View[]> {
    return Object.values(await this.#data("views")) as unknown as View[];
  }

  async view(id: string): Promise<View | null> {
    const views = await this.#data("views");
    return Object.hasOwn(views, id) ? (views[id] as unknown as View) : null;
  }

  async deleteView(id: string): Promise<void> {
    await this.#operations.writeSession(this.#key("views"), [{ operation: "deleteData", keys: [id] }]);
    await this.#operations.deleteSession(this.#key(`partitions of ${id}`));
  }

  async savePartition(partition: Partition): Promise<void> {
    await this.#set(`partitions of ${partition.view_id}`, groupKey(partition.group), partition);
  }

  async partitions(viewId: string): Promise<Partition[]> {
    return Object.values(await this.#data(`partitions of ${viewId}`)) as unknown as Partition[];
  }

  /** Tasks are forgotten after a week. */
  async saveTask(task: Task): Promise<void> {
    await this.#operations.writeSession(this.#key(`task ${task.id}`), [
      { operation: "setData", values: { task: task as unknown as JsonValue } },
      { operation: "setTimeToLive", seconds: WEEK, sliding: false },
    ]);
  }

  async task(id: string): Promise<Task | null> {
    const { task } = await this.#data(`task ${id}`);
    return task === undefined ? null : (task as unknown as Task);
  }

  async #set(sessionId: string, key: string, value: object): Promise<void> {
    const values = Object.fromEntries([[key, value as JsonValue]]);
    await this.#operations.writeSession(this.#key(sessionId), [
      { operation: "setData", values },
      { operation: "setTimeToLive", seconds: null },
    ]);
  }

  async #data(sessionId: string): Promise<JsonObject> {
    return (await this.#operations.readSession(this.#key(sessionId), { newest: 0 }))?.data ?? {};
  }

  #key(sessionId: string): SessionKey {
    return { tenant: this.#tenant, namespace: null, userId: null, sessionId };
  }
}

/** One text for a group, whatever order its keys came in. */
export function groupKey(group: Group): string {
  return JSON.stringify(Object.entries(group).sort(([left], [right]) => (left < right ? -1 : 1)));
}
