import type { PromptRequest, SearchRequest } from "../../contract/searching.ts";
import { searchRequest } from "../../contract/searching.ts";
import type { SessionState } from "../../core/session/state.ts";
import type { Call, Handlers, Surroundings } from "../call.ts";
import { fitWindow, namedWindow } from "../context-window.ts";
import { Refusal } from "../errors.ts";
import { type Found, searchMemories } from "../searching.ts";
import { findKey } from "./working-memory.ts";

/** The prompt of the contract, section 13. The library's own `context` fences and budgets; this one keeps the old form. */
export function promptHandlers(surroundings: Surroundings): Handlers<"memoryPrompt"> {
  return {
    async memoryPrompt({ body, call }) {
      const search = searchOf(body);
      if (!body.session && !search)
        throw new Refusal(400, "Either session or long_term_search must be provided");
      if (search && !surroundings.settings.longTermMemory)
        throw new Refusal(400, "Long-term memory is disabled");
      const [session, found] = await Promise.all([
        body.session ? readSession(surroundings, body.session, call) : null,
        search ? searchMemories(surroundings, search, call) : null,
      ]);
      const messages = [
        ...summaryMessage(session),
        ...(await conversation(session, body.session)),
        ...(found ? [message("system", memoriesText(found))] : []),
        message("user", body.query),
      ];
      return { messages, long_term_memories: found && found.memories.length > 0 ? found.memories : null };
    },
  };
}

/** The search a prompt asks for, with the query as its text; null for none. */
function searchOf({ query, session, long_term_search }: PromptRequest): SearchRequest | null {
  if (long_term_search === null || long_term_search === false) return null;
  const own = session?.user_id ? { eq: session.user_id } : null;
  if (long_term_search === true)
    return {
      ...searchRequest.parse({ limit: 20 }),
      session_id: session ? { ne: session.session_id } : null,
      user_id: own,
    };
  return { ...long_term_search, text: query, user_id: long_term_search.user_id ?? own };
}

async function readSession(
  surroundings: Surroundings,
  wanted: NonNullable<PromptRequest["session"]>,
  call: Call,
): Promise<SessionState | null> {
  const key = await findKey(surroundings, wanted.session_id, wanted, call);
  const { operations, settings } = surroundings;
  const newest = settings.newestMessages;
  return key && operations.readSession(key, { signal: call.signal, ...(newest !== null && { newest }) });
}

async function conversation(session: SessionState | null, wanted: PromptRequest["session"]) {
  if (!session || !wanted) return [];
  const window = namedWindow(wanted);
  const messages = window === null ? session.messages : await fitWindow(session.messages, window);
  return messages.map(({ role, content }) => message(role === "user" ? "user" : "assistant", content));
}

function summaryMessage(session: SessionState | null) {
  if (!session?.context) return [];
  return [message("system", `## A summary of the conversation so far:\n${session.context}`)];
}

function memoriesText({ memories }: Found): string {
  const list =
    memories.length === 0
      ? "No relevant long-term memories found."
      : memories.map(({ text, id }) => `- ${text} (ID: ${id})`).join("\n");
  return `## Long term memories related to the user's query\n ${list}`;
}

function message(role: string, text: string) {
  return { role, content: { type: "text", text, annotations: null, _meta: null } };
}
