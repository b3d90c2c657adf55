/**
 * The conformance suites: what an author of a store runs, inside vitest, to know that it keeps the contract.
 *
 * @module
 */
export {
  arbitraryFilter,
  arbitraryInputs,
  arbitraryInstant,
  arbitraryJson,
  arbitraryLabel,
  arbitraryMessages,
  arbitraryRecord,
  arbitraryRecords,
  arbitraryText,
} from "./arbitraries.ts";
export { arbitraryOperation } from "./arbitrary-operations.ts";
export {
  deleteRecord,
  makeEntry,
  makeMessage,
  makeRecord,
  type NewRecord,
  putRecord,
  sessionKey,
} from "./build.ts";
export { describeJobQueue, type JobCapabilities, type JobQueueSubject } from "./describe-job-queue.ts";
export {
  describeMemory,
  type MemoryCapabilities,
  type MemoryOpening,
  type MemorySubject,
} from "./describe-memory.ts";
export { describeStore, type StoreSubject } from "./describe-store.ts";
export {
  describeVectorIndex,
  makeVectorItem,
  makeVectorQuery,
  type VectorIndexSubject,
} from "./describe-vector-index.ts";
export { NEIGHBOURS, ODD_TEXTS } from "./odd-text.ts";
export {
  JOB_REQUIREMENTS,
  type JobRequirementId,
  MEMORY_REQUIREMENTS,
  type MemoryRequirementId,
  type RequirementId,
  STORE_REQUIREMENTS,
  type StoreRequirementId,
  VECTOR_REQUIREMENTS,
  type VectorRequirementId,
} from "./requirements.ts";
export type { ConformanceMeta } from "./suite.ts";
