/** What a stored prompt holds, and the part of it by which a reader tells an item from the others. */

/** One message of a chat prompt. */
export interface PromptMessage {
  readonly role: string;
  readonly content: string;
}

function isMessage(value: unknown): value is PromptMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'role' in value &&
    typeof value.role === 'string' &&
    'content' in value &&
    typeof value.content === 'string'
  );
}

/** The messages of a prompt that was sent as a chat; undefined for any other. */
export function promptMessages(prompt: string): readonly PromptMessage[] | undefined {
  if (!prompt.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(prompt);
    return Array.isArray(parsed) && parsed.length > 0 && parsed.every(isMessage) ? parsed : undefined;
  } catch {
    // A plain prompt that begins with a bracket.
    return undefined;
  }
}

/** What a log-likelihood task asks: how likely each continuation is after the context. */
export interface PromptChoices {
  readonly context: string;
  readonly continuations: readonly string[];
}

/** Context and continuations of a prompt that was scored, not answered; undefined for any other. */
export function promptChoices(prompt: string): PromptChoices | undefined {
  if (!prompt.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(prompt) as Partial<PromptChoices>;
    const { context, continuations } = parsed;
    const areTexts = Array.isArray(continuations) && continuations.every((text) => typeof text === 'string');
    return typeof context === 'string' && areTexts ? { context, continuations } : undefined;
  } catch {
    // A plain prompt that begins with a brace.
    return undefined;
  }
}

/** Worked examples repeat the label of the question, or that of the text's first line: what follows the last is the item's. */
function withoutExamples(text: string): string {
  const label = /^question:/imu.test(text) ? 'question' : /^(\p{L}[\p{L} ]{0,20}):\s/u.exec(text)?.[1];
  if (label === undefined) return text;
  const last = text
    .matchAll(new RegExp(`^${label}:`, 'gimu'))
    .toArray()
    .at(-1);
  return text.slice(last?.index ?? 0);
}

function ownPart(prompt: string): string {
  const asked = promptMessages(prompt)?.findLast(({ role }) => role === 'user')?.content;
  return withoutExamples(asked ?? promptChoices(prompt)?.context ?? prompt);
}

function sharedStart(left: string, right: string): string {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return left.slice(0, length);
}

function sharedEnd(left: string, right: string): string {
  let length = 0;
  while (length < left.length && left.at(-1 - length) === right.at(-1 - length)) length += 1;
  return left.slice(left.length - length);
}

/** What the prompts of a task have in common around that by which they differ: instructions and labels. */
export interface PromptFrame {
  /** Up to the end of a line, a sentence or a label. */
  readonly opening: string;
  /** From the end of a line on. */
  readonly ending: string;
}

/** Prompts from which a frame can be told; more of them make a shared first word less of an accident. */
export const framePrompts = 8;

/**
 * Instructions and labels around the items of a task; nothing where there is one prompt alone.
 *
 * @param prompts of some items
 */
export function promptFrame(prompts: Iterable<string>): PromptFrame {
  const [first = '', ...others] = new Set(Array.from(prompts, ownPart));
  if (others.length === 0) return { opening: '', ending: '' };
  return {
    opening: /^[\s\S]*(?:\n|[:.?!]\s)\s*/u.exec(others.reduce(sharedStart, first))?.[0] ?? '',
    ending: /\n[\s\S]*$/u.exec(others.reduce(sharedEnd, first))?.[0] ?? '',
  };
}

const longestQuestion = 160;

/**
 * The first words of a prompt that are the item's own, on one line.
 *
 * @param frame of the prompts of its task
 */
export function promptQuestion(prompt: string, { opening, ending }: PromptFrame): string {
  const part = ownPart(prompt);
  const start = part.startsWith(opening) ? opening.length : 0;
  const end = part.endsWith(ending) ? part.length - ending.length : part.length;
  const own = part.slice(start, end);
  const words = (own.trim() === '' ? part : own).replaceAll(/\s+/gu, ' ').trim();
  const characters = Array.from(words.slice(0, 2 * longestQuestion + 2));
  if (characters.length <= longestQuestion) return characters.join('');
  return `${characters
    .slice(0, longestQuestion - 1)
    .join('')
    .replace(/\s+\S*$/u, '')}…`;
}
