import { knownNames } from "./core/known-names.ts";
import type { RecordInput } from "./core/record.ts";
import type { MessageInput } from "./core/session/state.ts";
import type {
  AddOptions,
  CallOptions,
  ContextOptions,
  DeleteOptions,
  ForgetOptions,
  ForgetPolicy,
  ListOptions,
  ListSessionsOptions,
  ReadOptions,
  ReadSessionOptions,
  SearchOptions,
  SessionWriteOptions,
  UpdateOptions,
} from "./operations.ts";

// What callers may say. Whoever writes plain JavaScript, or hands options on, has no compiler that tells of a misspelt name.

const CALL = { signal: true } as const;
const NOTE = { actor: true, reason: true, confidence: true } as const;
const WRITE = { ...CALL, ...NOTE, idempotencyKey: true } as const;
const READ = { ...CALL, asOf: true } as const;

export const checkRecordNames = knownNames<RecordInput>("record", {
  id: true,
  text: true,
  type: true,
  namespace: true,
  userId: true,
  agentId: true,
  sessionId: true,
  speaker: true,
  topics: true,
  entities: true,
  importance: true,
  pinned: true,
  eventDate: true,
  validFrom: true,
  validTo: true,
  expiresAt: true,
  metadata: true,
  createdAt: true,
  updatedAt: true,
  lastAccessedAt: true,
  accessCount: true,
  persistedAt: true,
  extractedFrom: true,
  extractionStrategy: true,
  extractionStrategyConfig: true,
  extracted: true,
});

export const checkMessageNames = knownNames<MessageInput>("message", {
  id: true,
  role: true,
  content: true,
  name: true,
  createdAt: true,
  metadata: true,
  persistedAt: true,
  extracted: true,
});

export const checkCallOptions = knownNames<CallOptions>("options", CALL);
export const checkReadOptions = knownNames<ReadOptions>("options", READ);
export const checkAddOptions = knownNames<AddOptions>("options", { ...WRITE, deduplicate: true });
export const checkUpdateOptions = knownNames<UpdateOptions>("options", { ...WRITE, expectedVersion: true });
export const checkDeleteOptions = knownNames<DeleteOptions>("options", {
  ...WRITE,
  expectedVersion: true,
  erase: true,
  everything: true,
});

export const checkListOptions = knownNames<ListOptions>("options", {
  ...READ,
  validAt: true,
  filter: true,
  order: true,
  limit: true,
  cursor: true,
  offset: true,
  touch: true,
});

export const checkSearchOptions = knownNames<SearchOptions>("options", {
  ...READ,
  validAt: true,
  mode: true,
  filter: true,
  limit: true,
  offset: true,
  recency: true,
  minScore: true,
  maxDistance: true,
  hybridAlpha: true,
  explain: true,
  touch: true,
});

export const checkForgetPolicy = knownNames<ForgetPolicy>("policy", {
  maxAgeDays: true,
  maxInactiveDays: true,
  budget: true,
  types: true,
  hardAgeMultiplier: true,
});

export const checkForgetOptions = knownNames<ForgetOptions>("options", {
  ...WRITE,
  dryRun: true,
  keep: true,
  limit: true,
});

export const checkReadSessionOptions = knownNames<ReadSessionOptions>("options", { ...CALL, newest: true });
export const checkSessionWriteOptions = knownNames<SessionWriteOptions>("options", {
  ...CALL,
  expectedVersion: true,
  create: true,
  idempotencyKey: true,
  fingerprint: true,
});
export const checkListSessionsOptions = knownNames<ListSessionsOptions>("options", {
  ...CALL,
  limit: true,
  offset: true,
});
export const checkContextOptions = knownNames<ContextOptions>("options", {
  ...CALL,
  maxTokens: true,
  model: true,
  newest: true,
  recall: true,
});
