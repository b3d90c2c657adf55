/**
 * Method and path of every operation. The first part is the wire contract of Redis Agent Memory Server, whose clients
 * work unchanged; the second part is what the library can do beyond it. Each member of `MemoryOperations` is in it.
 */
export const ROUTES = {
  health: ["GET", "/v1/health"],

  listSessions: ["GET", "/v1/working-memory/"],
  getSession: ["GET", "/v1/working-memory/{session_id}"],
  putSession: ["PUT", "/v1/working-memory/{session_id}"],
  deleteSession: ["DELETE", "/v1/working-memory/{session_id}"],

  createMemories: ["POST", "/v1/long-term-memory/"],
  searchMemories: ["POST", "/v1/long-term-memory/search"],
  deleteMemories: ["DELETE", "/v1/long-term-memory"],
  forgetMemories: ["POST", "/v1/long-term-memory/forget"],
  compactMemories: ["POST", "/v1/long-term-memory/compact"],
  getMemory: ["GET", "/v1/long-term-memory/{memory_id}"],
  editMemory: ["PATCH", "/v1/long-term-memory/{memory_id}"],
  memoryPrompt: ["POST", "/v1/memory/prompt"],

  createView: ["POST", "/v1/summary-views"],
  listViews: ["GET", "/v1/summary-views"],
  getView: ["GET", "/v1/summary-views/{view_id}"],
  deleteView: ["DELETE", "/v1/summary-views/{view_id}"],
  runPartition: ["POST", "/v1/summary-views/{view_id}/partitions/run"],
  listPartitions: ["GET", "/v1/summary-views/{view_id}/partitions"],
  runView: ["POST", "/v1/summary-views/{view_id}/run"],
  getTask: ["GET", "/v1/tasks/{task_id}"],

  addRecords: ["POST", "/v1/long-term-memory/add"],
  getRecords: ["POST", "/v1/long-term-memory/get"],
  listRecords: ["POST", "/v1/long-term-memory/list"],
  recallRecords: ["POST", "/v1/long-term-memory/recall"],
  updateRecord: ["POST", "/v1/long-term-memory/update"],
  deleteRecords: ["POST", "/v1/long-term-memory/delete"],
  recordHistory: ["GET", "/v1/long-term-memory/{memory_id}/history"],
  changes: ["GET", "/v1/changes"],

  findSessions: ["GET", "/v1/sessions"],
  readSession: ["GET", "/v1/working-memory/{session_id}/state"],
  locateSession: ["GET", "/v1/working-memory/{session_id}/key"],
  writeSession: ["POST", "/v1/working-memory/{session_id}/operations"],
  appendMessages: ["POST", "/v1/working-memory/{session_id}/messages"],
  changeData: ["PATCH", "/v1/working-memory/{session_id}/data"],
  getList: ["GET", "/v1/working-memory/{session_id}/lists/{list}"],
  putList: ["PUT", "/v1/working-memory/{session_id}/lists/{list}"],
  deleteList: ["DELETE", "/v1/working-memory/{session_id}/lists/{list}"],
  pushList: ["POST", "/v1/working-memory/{session_id}/lists/{list}/push"],
  popList: ["POST", "/v1/working-memory/{session_id}/lists/{list}/pop"],
  insertList: ["POST", "/v1/working-memory/{session_id}/lists/{list}/insert"],
  removeList: ["POST", "/v1/working-memory/{session_id}/lists/{list}/remove"],
  sessionContext: ["POST", "/v1/working-memory/{session_id}/context"],

  listJobs: ["GET", "/v1/jobs"],
  countJobs: ["GET", "/v1/jobs/counts"],
  retryJob: ["POST", "/v1/jobs/{job_id}/retry"],
  discardJob: ["DELETE", "/v1/jobs/{job_id}"],

  live: ["GET", "/health/live"],
  ready: ["GET", "/health/ready"],
} as const satisfies Record<string, readonly [method: string, path: string]>;

/** The header that names the tenant of a call, percent-encoded. */
export const TENANT_HEADER = "memoir-tenant";

export type RouteName = keyof typeof ROUTES;

/**
 * The path of a route with its parameters filled in, each percent-encoded as one segment. `.` and `..` cannot stand in a
 * path, even encoded: URLs take them as steps. They go into the query, with `-` in their place.
 */
export function fillPath(path: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new TypeError(`The path ${path} needs ${name}`);
    if (value !== "." && value !== "..") return encodeURIComponent(value);
    query.set(name, value);
    return "-";
  });
  return query.size > 0 ? `${filled}?${query}` : filled;
}
