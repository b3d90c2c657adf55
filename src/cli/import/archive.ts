import * as z from "zod";
import { duplicateKey } from "../../core/content-hash.ts";
import { UnsupportedError } from "../../core/errors.ts";
import { RECORD_TYPES } from "../../core/record.ts";
import type { SessionState } from "../../core/session/state.ts";
import { asFields, type Format } from "./imported.ts";
import { readRecord } from "./records.ts";
import { readShape } from "./shape.ts";

/** The form of export this version writes, and the newest it reads. */
export const ARCHIVE_VERSION = 1;

/** First line of an export. */
export interface ArchiveHeader {
  readonly memoir: "export";
  readonly formatVersion: number;
  readonly exportedAt: string;
  /** How many there were when the export began. */
  readonly records: number;
  readonly sessions: number;
}

/** Last line of an export: without it the file was cut off. */
export interface ArchiveEnd {
  readonly memoir: "end";
  /** How many were written. */
  readonly records: number;
  readonly sessions: number;
}

const Count = z.number().int().nonnegative();
const Header = z.looseObject({ formatVersion: Count });
const End = z.looseObject({ records: Count, sessions: Count });

/** Memoir's own export: a header, `{"record": …}` and `{"session": …}` lines, and an end. */
export const archive: Format = {
  fits: (value) => value["memoir"] === "export",
  read(value, origin) {
    if (value["memoir"] === "export") {
      const { formatVersion } = readShape(Header, value);
      if (formatVersion > ARCHIVE_VERSION)
        throw new UnsupportedError(
          `This export has format version ${formatVersion}; this version of Memoir reads up to ${ARCHIVE_VERSION}.`,
        );
      return [];
    }
    if (value["memoir"] === "end") return [{ kind: "end", ...readShape(End, value) }];
    if ("session" in value) return [{ kind: "session", session: readSession(value["session"]) }];
    const record = asFields(value["record"]);
    const key = duplicateKey(readShape(Told, record));
    return [
      { kind: "record", record: readRecord(record, origin), ...(key !== null && { duplicateKey: key }) },
    ];
  },
};

const Label = z.string().min(1);

/** What a record is told from others by. */
const Told = z.looseObject({
  id: Label,
  type: z.enum(RECORD_TYPES),
  hash: z.string(),
  agentId: z.string().nullable(),
  speaker: z.string().nullable(),
  eventDate: z.string().nullable(),
});

const Session = z.looseObject({
  sessionId: Label,
  namespace: Label.nullable(),
  userId: Label.nullable(),
  messages: z.array(z.looseObject({ id: Label })),
  records: z.array(z.looseObject({})),
  data: z.record(z.string(), z.unknown()),
  lists: z.record(z.string(), z.array(z.unknown())),
  fieldExpiresAt: z.record(z.string(), z.string()).optional(),
  context: z.string().nullable(),
  tokens: z.number(),
  ttlSeconds: z.number().nullable(),
  slidingExpiry: z.boolean(),
  strategy: z.looseObject({ strategy: z.string(), config: z.looseObject({}) }),
  createdAt: z.string(),
  lastAccessedAt: z.string(),
  expiresAt: z.string().nullable(),
});

function readSession(value: unknown): SessionState {
  return readShape(Session, value) as unknown as SessionState;
}
