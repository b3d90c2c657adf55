import * as z from "zod";
import { contentText } from "./content.ts";
import { type Format, type Imported, importedTurn, type Origin } from "./imported.ts";
import { readShape } from "./shape.ts";

/** The parts of ChatGPT's `conversations.json` that matter here. */
const Message = z.looseObject({
  id: z.string().nullish(),
  author: z.looseObject({ role: z.string() }),
  create_time: z.number().nullish(),
  content: z.looseObject({
    content_type: z.string().nullish(),
    parts: z.array(z.unknown()).nullish(),
    text: z.string().nullish(),
  }),
  recipient: z.string().nullish(),
  metadata: z
    .looseObject({
      model_slug: z.string().nullish(),
      is_visually_hidden_from_conversation: z.boolean().nullish(),
    })
    .nullish(),
});

const Conversation = z.looseObject({
  id: z.string().nullish(),
  conversation_id: z.string().nullish(),
  title: z.string().nullish(),
  create_time: z.number().nullish(),
  current_node: z.string().nullish(),
  mapping: z.record(
    z.string(),
    z.looseObject({
      parent: z.string().nullish(),
      children: z.array(z.string()).nullish(),
      message: Message.nullish(),
    }),
  ),
});

type Conversation = z.infer<typeof Conversation>;
type Message = z.infer<typeof Message>;

/**
 * ChatGPT's export: each conversation is a tree, because answers can be had again and questions edited. The branch that
 * was last looked at is imported; of it what the person and the assistant said to each other.
 */
export const chatgpt: Format = {
  fits: (value) => typeof value["mapping"] === "object" && value["mapping"] !== null,
  read(value, origin) {
    const conversation = readShape(Conversation, value);
    const { title, create_time } = conversation;
    const sessionId =
      conversation.conversation_id ?? conversation.id ?? `chatgpt ${create_time ?? origin.number}`;
    return branch(conversation).map((node) => readNode(node, { sessionId, title, create_time }, origin));
  },
};

/** Ids of the chosen branch, from the first message to the last. */
function branch(conversation: Conversation): { id: string; message: Message }[] {
  const { mapping, current_node } = conversation;
  const at = (id: string | null | undefined) =>
    id != null && Object.hasOwn(mapping, id) ? mapping[id] : undefined;
  const taken = new Set<string>();
  let id = at(current_node) ? current_node : lastLeaf(mapping);
  // The set also ends a walk through a damaged tree that leads back to itself.
  for (; id != null && at(id) && !taken.has(id); id = at(id)?.parent) taken.add(id);
  return [...taken].reverse().flatMap((nodeId) => {
    const message = at(nodeId)?.message;
    return message ? [{ id: nodeId, message }] : [];
  });
}

/** The leaf that the newest answers lead to, for trees that do not say where the person was. */
function lastLeaf(mapping: Conversation["mapping"]): string | undefined {
  const leaves = Object.entries(mapping).filter(([, node]) => (node.children ?? []).length === 0);
  return leaves.sort(([, left], [, right]) => time(left) - time(right)).at(-1)?.[0];
}

function time(node: Conversation["mapping"][string]): number {
  return node.message?.create_time ?? 0;
}

function readNode(
  { id, message }: { id: string; message: Message },
  conversation: { sessionId: string } & Pick<Conversation, "title" | "create_time">,
  origin: Origin,
): Imported {
  const { author, content, metadata } = message;
  if (author.role !== "user" && author.role !== "assistant") return leftOut(`${author.role} message`);
  if (metadata?.is_visually_hidden_from_conversation) return leftOut("hidden message");
  if (message.recipient != null && message.recipient !== "all") return leftOut("message to a tool");
  const text = contentText(content.parts ?? content.text ?? "");
  if (text === "" || /^(thoughts|reasoning_recap|user_editable_context)$/.test(content.content_type ?? ""))
    return leftOut("message without text");
  const model = metadata?.model_slug;
  return importedTurn(
    {
      format: "chatgpt",
      sessionId: conversation.sessionId,
      messageId: message.id ?? id,
      role: author.role,
      name: null,
      text,
      createdAt: message.create_time ?? conversation.create_time ?? null,
      metadata: {
        ...(conversation.title != null && { title: conversation.title }),
        ...(model != null && { model }),
      },
    },
    origin,
  );
}

function leftOut(reason: string): Imported {
  return { kind: "leftOut", reason };
}
