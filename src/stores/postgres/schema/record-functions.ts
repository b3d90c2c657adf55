import { FOUNDATIONS } from "./records/foundations.ts";
import { INSERTING } from "./records/inserting.ts";
import { READING } from "./records/reading.ts";
import { REMOVING } from "./records/removing.ts";
import { UPKEEP } from "./records/upkeep.ts";
import { WRITING } from "./records/writing.ts";

/** Writing and reading records: each function is one transaction's work, so that a call costs one flight whatever it looks up. */
export const RECORD_FUNCTIONS = [FOUNDATIONS, INSERTING, WRITING, REMOVING, UPKEEP, READING].join("");
