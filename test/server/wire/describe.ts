import { additions } from "./additions.ts";
import { longTermMemory } from "./long-term-memory.ts";
import { prompting } from "./prompt.ts";
import { publishedClients } from "./published-clients.ts";
import { searching } from "./search.ts";
import { describeChapters, type WireSubject } from "./suite.ts";
import { summaryViews } from "./summary-views.ts";
import { access, transport } from "./transport.ts";
import { workingMemory } from "./working-memory.ts";

/** Checks the wire contract, statement by statement, on whatever store `open` serves. */
export function describeWireContract(subject: WireSubject): void {
  describeChapters(subject, [
    transport,
    access,
    workingMemory,
    longTermMemory,
    searching,
    prompting,
    summaryViews,
    publishedClients,
    additions,
  ]);
}
