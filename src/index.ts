export {
  ConversationMemory,
  type ConversationSize,
  type FieldOptions,
} from "./conversation.ts";
export type { ConversationOptions, FieldDefaults } from "./conversation-options.ts";
export {
  type ConversationStats,
  Conversations,
  type ConversationUse,
} from "./conversations.ts";
export type { Clock } from "./core/clock.ts";
export type { Embedder, TokenVectors } from "./core/embedder.ts";
export {
  ChangesForgottenError,
  ConflictError,
  ERROR_KINDS,
  type ErrorCode,
  type InputIssue,
  MemoirError,
  ModelError,
  NotFoundError,
  StoreError,
  UnauthorizedError,
  UnsupportedError,
  ValidationError,
  VectorIndexError,
} from "./core/errors.ts";
export type { Filter, FilterCondition, FilterValue } from "./core/filter/filter.ts";
export type { IdSource } from "./core/identifiers.ts";
export type { JobStore, StoredJob, TakenJob, TakeQuery } from "./core/job-store.ts";
export type {
  Job,
  JobCounts,
  JobFailure,
  JobHandler,
  JobOverview,
  JobPage,
  JobQuery,
  JobQueue,
  JobState,
  JobWorker,
  NewJob,
  RunningJob,
  Schedule,
  StopOptions,
  WorkOptions,
} from "./core/jobs.ts";
export type { JsonInput, JsonInputObject, JsonObject, JsonValue } from "./core/json.ts";
export type { Logger } from "./core/logger.ts";
export type { Explanation, RecallMode, RecencyOptions } from "./core/recall.ts";
export type {
  AddResult,
  AddStatus,
  ChangeKind,
  MemoryRecord,
  RecordInput,
  RecordPatch,
  RecordType,
  RecordVersion,
} from "./core/record.ts";
export type { Reranker } from "./core/reranker.ts";
export { joinNamespace, type ResolvedScope, type Scope, splitNamespace } from "./core/scope.ts";
export type { SessionOperation, SessionOperationInput } from "./core/session/operations.ts";
export type {
  LearningStrategy,
  Message,
  MessageInput,
  SessionContent,
  SessionContentInput,
  SessionKey,
  SessionState,
} from "./core/session/state.ts";
export type { SessionReceipt, SessionSummary } from "./core/session-store.ts";
export type { Change, Store } from "./core/store.ts";
export type { Instant, InstantInput } from "./core/time.ts";
export type {
  VectorHit,
  VectorIndex,
  VectorItem,
  VectorLabels,
  VectorPosition,
  VectorQuery,
  VectorSpace,
} from "./core/vector-index.ts";
export type { IndexPlace } from "./index-place.ts";
export { type FollowOptions, Memory, type SessionOptions } from "./memory.ts";
export { openMemory } from "./open.ts";
export type { OpenOptions } from "./open-options.ts";
export type {
  AddOptions,
  CallOptions,
  ChangesOptions,
  ChangesPage,
  Context,
  ContextMessage,
  ContextOptions,
  DeleteOptions,
  ForgetOptions,
  ForgetPolicy,
  ForgetResult,
  ListOptions,
  ListSessionsOptions,
  MemoryOperations,
  ReadOptions,
  ReadSessionOptions,
  RecordPage,
  SearchHit,
  SearchOptions,
  SearchResult,
  SessionPage,
  SessionWriteOptions,
  UpdateOptions,
  WriteOptions,
} from "./operations.ts";
export type { Paged } from "./paged.ts";
export { Session, SessionData, SessionList } from "./session.ts";
