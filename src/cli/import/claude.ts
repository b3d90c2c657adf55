import * as z from "zod";
import { attachment, contentText } from "./content.ts";
import { type Format, type Imported, importedTurn, type Origin } from "./imported.ts";
import { readShape } from "./shape.ts";

const Named = z.looseObject({ file_name: z.string().nullish() });

/** The parts of Claude's `conversations.json` that matter here. */
const Message = z.looseObject({
  uuid: z.string().nullish(),
  text: z.string().nullish(),
  content: z.array(z.unknown()).nullish(),
  sender: z.string(),
  created_at: z.string().nullish(),
  attachments: z.array(Named).nullish(),
  files: z.array(Named).nullish(),
});

const Conversation = z.looseObject({
  uuid: z.string().nullish(),
  name: z.string().nullish(),
  created_at: z.string().nullish(),
  chat_messages: z.array(Message),
});

type Conversation = z.infer<typeof Conversation>;
type Message = z.infer<typeof Message>;

/** Claude's export: a list of conversations, each a list of messages of the human and the assistant. */
export const claude: Format = {
  fits: (value) => Array.isArray(value["chat_messages"]),
  read(value, origin) {
    const conversation = readShape(Conversation, value);
    const sessionId = conversation.uuid ?? `claude ${conversation.created_at ?? origin.number}`;
    return conversation.chat_messages.map((message, index) =>
      readMessage(message, { conversation, sessionId, index }, origin),
    );
  },
};

function readMessage(
  message: Message,
  within: { conversation: Conversation; sessionId: string; index: number },
  origin: Origin,
): Imported {
  const { conversation, sessionId, index } = within;
  const text = messageText(message);
  if (text === "") return { kind: "leftOut", reason: "message without text" };
  return importedTurn(
    {
      format: "claude",
      sessionId,
      messageId: message.uuid ?? `${sessionId} ${index}`,
      role: message.sender === "human" ? "user" : message.sender,
      name: null,
      text,
      createdAt: message.created_at ?? conversation.created_at ?? null,
      metadata: conversation.name ? { title: conversation.name } : {},
    },
    origin,
  );
}

/** The blocks say it best; older exports have only `text`, where blocks of other kinds are replaced by an apology. */
function messageText({ content, text, attachments, files }: Message): string {
  const said = contentText(content) || contentText(text);
  const uploaded = [...(attachments ?? []), ...(files ?? [])].map(({ file_name }) =>
    attachment("file", file_name),
  );
  return [said, ...uploaded].filter((part) => part !== "").join("\n");
}
