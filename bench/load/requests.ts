import { questionsOf, recordAt } from "../corpus/corpus.ts";
import type { LoadRequest } from "./autocannon.ts";

/** The requests that a connection repeats, by its number. */
export type Requests = (connection: number) => LoadRequest[];

export const MOST_CONNECTIONS = 64;
const REQUESTS = 20;

/** Searches, each for a user, in a store of `size` records. */
export function searches(size: number): Requests {
  const questions = questionsOf(size, REQUESTS * MOST_CONNECTIONS);
  return (connection) =>
    questions
      .slice(connection * REQUESTS, (connection + 1) * REQUESTS)
      .map(({ text, userId }) => searchRequest(text, userId));
}

export function searchRequest(text: string, userId: string): LoadRequest {
  return post("/v1/long-term-memory/search", { text, user_id: { eq: userId } });
}

/** Messages, each connection with sessions of its own. */
export function appends(connection: number): LoadRequest[] {
  return Array.from({ length: REQUESTS }, (_, number) => {
    const { text, userId } = recordAt(connection * REQUESTS + number);
    const messages = [{ role: "user", content: text }];
    return post(`/v1/working-memory/chat-${connection}-${number}/messages`, { user_id: userId, messages });
  });
}

function post(path: string, body: unknown): LoadRequest {
  return {
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
