import type { ChatMessage } from '../../core/engine.ts';
import { isBlank, jsonValue, valueText } from './column-value.ts';
import { rowError } from './row-error.ts';

/** What a row asks: a text, or the messages of a chat, oldest first. */
export interface RowInput {
  /** Undefined where the input is a text. */
  readonly messages: readonly ChatMessage[] | undefined;
  /** The text, or the chat as a transcript. */
  readonly text: string;
}

const roles: Readonly<Record<string, ChatMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};
const speakers: Readonly<Record<ChatMessage['role'], string>> = {
  system: 'System',
  user: 'User',
  assistant: 'Assistant',
};

type Part = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of a list that looks like chat messages, or of JSON text of one. */
function messageList(value: unknown): readonly Part[] | undefined {
  const list = typeof value === 'string' ? jsonValue(value) : value;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const entries: readonly unknown[] = list;
  return entries.every((entry) => isObject(entry) && 'role' in entry) ? (entries as readonly Part[]) : undefined;
}

function contentText(column: string, content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw rowError(column, 'chat messages, each with a `content`');
  const parts: readonly unknown[] = content;
  return parts
    .map((part) => {
      if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
      const type = isObject(part) ? String(part['type']) : typeof part;
      throw rowError(column, `chat messages of text alone (it has a part of type "${type}")`);
    })
    .join('');
}

function chatMessage(column: string, entry: Part): ChatMessage {
  const role = roles[String(entry['role'])];
  if (role === undefined) {
    throw rowError(column, `chat messages of system, user and assistant (it has the role "${String(entry['role'])}")`);
  }
  return { role, content: contentText(column, entry['content']) };
}

/** A chat as text: `User: …`, a line for each message. */
function transcript(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, content }) => `${speakers[role]}: ${content}`).join('\n');
}

/**
 * Reads the input of a row: text, or a list of chat messages as OpenAI has them, also as JSON text.
 *
 * @throws {z.ZodError} where there is none, or messages are of another kind
 */
export function readInput(column: string, value: unknown): RowInput {
  if (isBlank(value)) throw rowError(column, 'text or chat messages');
  const entries = messageList(value);
  if (entries === undefined) return { messages: undefined, text: valueText(value) };
  const messages = entries.map((entry) => chatMessage(column, entry));
  return { messages, text: transcript(messages) };
}
