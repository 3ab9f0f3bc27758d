import { openedShape } from '../../core/thought-shapes.ts';
import { callOptions, type ServedTarget } from './generate-request.ts';
import { harmlessPrompt } from './harmless-prompt.ts';
import { closedThoughts, continuationCall, renderedTail, renderWith, rootPost } from './continue-thoughts.ts';
import { exchange } from './exchange.ts';
import { look, showsThoughts, unlessRefused } from './probe-request.ts';
import type { ContinueWay, ServedThinking } from './served-thinking.ts';
import type { ServerFlavour } from './server-facts.ts';

/**
 * What is worth trying at each kind of server. A last message of the assistant is another turn to others: nothing would
 * tell that from an answer that goes on.
 */
const continueWays: Readonly<Record<ServerFlavour, readonly ContinueWay[]>> = {
  'llama-server': ['rendered', 'message'],
  vllm: ['rendered', 'message'],
  sglang: ['message'],
  ollama: [],
  unknown: [],
};

const pass = { reuse: 'none' } as const;

function chat(target: ServedTarget): {
  readonly prompt: Extract<ReturnType<typeof harmlessPrompt>, { readonly style: 'chat' }>;
  readonly options: ReturnType<typeof callOptions>;
} {
  const prompt = harmlessPrompt('chat');
  if (prompt.style !== 'chat') throw new TypeError('not a chat');
  return { prompt, options: callOptions(target, pass) };
}

/** Whether the server shows prompts as it renders them. */
const shows = ({ facts }: ServedTarget): boolean => continueWays[facts.flavour].includes('rendered');

/** Tokens in which a model that opens its thoughts itself has done so. */
const markTokens = 6;

/**
 * The block that the prompt opens: as the server renders it, or where it doesn't show that, by what comes first.
 *
 * @param thinks thoughts have been seen
 */
export async function findOpened(
  target: ServedTarget,
  thinks: boolean,
  signal: AbortSignal,
): Promise<ServedThinking['opened']> {
  const { thinking } = target;
  if (shows(target)) {
    const { prompt, options } = chat(target);
    const post = rootPost(target.connection, signal);
    const tail = await unlessRefused(async () => renderedTail(post, prompt, options));
    if (typeof tail === 'string') return openedShape(tail);
  }
  if (!thinks || thinking === undefined) return 'unknown';
  const seen = await look(
    { ...target, thinking: { ...thinking, mode: 'none', opened: undefined } },
    markTokens,
    signal,
  );
  return seen.status === 'refused' || showsThoughts(seen) ? undefined : thinking.shape;
}

/** How the server goes on from thoughts that it is given; undefined where it doesn't. */
export async function findContinueWay(target: ServedTarget, signal: AbortSignal): Promise<ContinueWay | undefined> {
  const { connection, facts, thinking } = target;
  if (thinking === undefined) return undefined;
  const asked = await look({ ...target, thinking: { ...thinking, mode: 'none', suffix: '' } }, 1, signal);
  if (asked.status === 'refused') return undefined;
  for (const continues of continueWays[facts.flavour]) {
    const { prompt, options } = chat({ ...target, thinking: { ...thinking, continues } });
    const given = closedThoughts({ text: 'They want a greeting.', isBare: true, shape: undefined }, thinking);
    const request = { id: 'probe', prompt, maxTokens: 8, stop: [] };
    const answer = await unlessRefused(async () => {
      const call = await continuationCall(rootPost(connection, signal), request, given, options);
      return exchange(connection, call, JSON.stringify(call.body), { isAllAnswer: true }, signal);
    });
    // The thoughts are part of the prompt, or they were dropped.
    if (!('status' in answer) && (answer.counts?.promptTokens ?? Infinity) > asked.promptTokens) return continues;
  }
  return undefined;
}

/** Says which of the user's template arguments change nothing that can be seen. */
export async function unseenArguments(
  target: ServedTarget,
  own: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { thinking } = target;
  const names = Object.keys(own);
  if (names.length === 0 || thinking === undefined) return [];
  const { chat_template_kwargs: all, ...others } = thinking.fields;
  const left = Object.entries(all ?? {}).filter(([name]) => !names.includes(name));
  const fields = left.length === 0 ? others : { ...others, chat_template_kwargs: Object.fromEntries(left) };
  const [withThem, without] = await Promise.all([
    seenPrompt(target, signal),
    seenPrompt({ ...target, thinking: { ...thinking, fields } }, signal),
  ]);
  return withThem === without
    ? [`templateArgs (${names.join(', ')}) are not confirmed: the prompt is as long without them`]
    : [];
}

/** What can be seen of the prompt: as it is rendered, or else how many tokens it has. */
async function seenPrompt(target: ServedTarget, signal: AbortSignal): Promise<string> {
  const { prompt, options } = chat(target);
  if (shows(target)) {
    const post = rootPost(target.connection, signal);
    const rendered = await unlessRefused(async () => ({ text: await renderWith(post, prompt, '', options) }));
    if ('text' in rendered) return JSON.stringify(rendered.text);
  }
  const { thinking } = target;
  const seen = await look({ ...target, thinking: thinking && { ...thinking, mode: 'none', suffix: '' } }, 1, signal);
  return seen.status === 'refused' ? seen.message : String(seen.promptTokens);
}
