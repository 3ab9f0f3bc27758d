import { jsonInside } from '../../core/json-inside.ts';
import type { PromptStyle } from '../../core/engine.ts';
import { ServerError } from '../../core/errors.ts';
import { passingStatus } from '../../core/retry.ts';
import { completionCall } from './completions.ts';
import { type FieldChanges, limitNames, namedFields, optionalFields } from './field-changes.ts';
import { callOptions, type ServedTarget } from './generate-request.ts';
import { fewTokens, harmlessPrompt } from './harmless-prompt.ts';
import { Patience, readRefusalText } from './reply-body.ts';
import { RequestFault } from './request-fault.ts';
import { errorInText, isError } from './said-error.ts';
import { refusal, requireOk, type ServerReply } from './server-reply.ts';

/** Statuses from here on are the server's own failures. */
const failing = 500;
/** Statuses with which servers refuse a field without naming it. */
const refusing = new Set([400, 415, 422, 500, 501]);

/** What no other field could help against. */
const otherMatter = /template|roles? must|conversation roles|does not exist|not found|api[ _-]?key|billing|quota/i;

const enoughBytes = 65_536;

/**
 * The beginning of an answer: its first event, or the whole where that is short.
 *
 * @throws {PassingFault} if it takes longer than the hang time, whatever else comes
 */
async function readStart({ body, hangMs }: ServerReply): Promise<string> {
  using _ = new Patience(body, hangMs);
  const decoder = new TextDecoder();
  let text = '';
  // Leaving the loop closes the connection.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > enoughBytes || /^data:.*\n/m.test(text)) break;
  }
  return text;
}

/** The refusal in an answer with a good status; undefined in a good answer, and where the server itself fails. */
function refusalInside(text: string, sent: readonly string[]): string | undefined {
  const [, data = text] = /^data:\s*(.*)$/m.exec(text) ?? [];
  if (!isError(jsonInside(data))) return undefined;
  const isAsked = (errorInText(data)?.statusCode ?? failing) < failing;
  return isAsked || namedFields(data, sent).length > 0 ? data : undefined;
}

/** Says what a server has against requests with some changes of their fields. */
class FieldProbe {
  readonly sent: readonly string[];
  readonly #target: ServedTarget;
  readonly #style: PromptStyle;
  readonly #signal: AbortSignal;

  constructor(target: ServedTarget, style: PromptStyle, signal: AbortSignal) {
    this.#target = target;
    this.#style = style;
    this.#signal = signal;
    // What the user adds is the user's, also where it stands in place of something of ours.
    this.sent = Object.keys(this.#call({}).body).filter((name) => !Object.hasOwn(target.extra, name));
  }

  /** @returns the reason of the server, or undefined if it takes the request */
  async ask(changes: FieldChanges): Promise<string | undefined> {
    const { connection } = this.#target;
    const { path, body } = this.#call(changes);
    const { value } = await connection.ask(async () => {
      const reply = await connection.send('POST', path, JSON.stringify(body), this.#signal);
      const { statusCode } = reply;
      if (statusCode >= 400 && passingStatus(statusCode) !== 'busy') {
        const text = await readRefusalText(reply);
        if (refusing.has(statusCode) || namedFields(text, this.sent).length > 0) return reply.redact(text);
        throw refusal(connection.baseUrl + path, reply, reply.redact(text));
      }
      await requireOk(connection.baseUrl + path, reply);
      return refusalInside(reply.redact(await readStart(reply)), this.sent);
    }, this.#signal);
    return value === undefined ? undefined : reasonIn(value);
  }

  /** A request with every field that the passes send. */
  #call(changes: FieldChanges) {
    const target = this.#target;
    const facts = { ...target.facts, changes: { ...target.facts.changes, [this.#style]: changes } };
    const request = { id: 'probe', prompt: harmlessPrompt(this.#style), maxTokens: fewTokens, stop: ['\n\n\n\n'] };
    return completionCall(request, callOptions({ ...target, facts }, { reuse: 'none', isStreamed: true }));
  }
}

/** Repeats of the request, and what is another each time. */
const noise = /^(?:input|body|request|request_?id|trace_?id|url|timestamp|time|created)$/i;

/** A refusal without what differs where its reason doesn't. */
function reasonIn(text: string): string {
  const value = jsonInside(text);
  const own =
    value === undefined ? text : JSON.stringify(value, (key, each: unknown) => (noise.test(key) ? undefined : each));
  return own.replaceAll(/[\da-f]*\d[\da-f-]*/gi, '');
}

/** Whether a refusal is about a number that is too large or too small, not about the name of its field. */
function isAboutValue(said: string): boolean {
  return (
    /minimum|maximum|at (?:least|most)|too (?:large|small|high|low|many|few)|[<>≤≥]|greater|less than|exceed|out of range/i.test(
      said,
    ) &&
    !/un(?:supported|known|recogni[sz]ed|expected)|not (?:supported|permitted|allowed)|instead of|use '?max/i.test(said)
  );
}

/** What is worth trying for a field: the names that the server may know it by, or to leave it out. */
function changesOf(name: string, said: string): readonly (string | null)[] {
  if (name !== 'max_tokens') return [null];
  // Another name wouldn't help, but may be one that the server doesn't look at.
  if (isAboutValue(said)) return [];
  return limitNames.toSorted((a, b) => Number(said.includes(b)) - Number(said.includes(a)));
}

/** One more change after which the server takes the request, or has something else against it. */
async function nextChange(probe: FieldProbe, changes: FieldChanges, said: string) {
  const left = probe.sent.filter((name) => !Object.hasOwn(changes, name));
  for (const name of namedFields(said, left)) {
    for (const change of changesOf(name, said)) {
      const next = { ...changes, [name]: change };
      const answer = await probe.ask(next);
      if (answer !== said) return { changes: next, said: answer };
    }
  }
  return undefined;
}

/** The field that a refusal is about which names none: the one without which the request is taken, and with which it still isn't. */
async function eliminate(probe: FieldProbe, changes: FieldChanges): Promise<FieldChanges | undefined> {
  const left = Object.keys(optionalFields).filter((name) => probe.sent.includes(name) && !Object.hasOwn(changes, name));
  for (const name of left) {
    const [change = null] = changesOf(name, '');
    const next = { ...changes, [name]: change };
    if ((await probe.ask(next)) !== undefined) continue;
    return (await probe.ask(changes)) === undefined ? undefined : next;
  }
  return undefined;
}

async function learn(probe: FieldProbe): Promise<FieldChanges> {
  let changes: FieldChanges = {};
  let said = await probe.ask(changes);
  while (said !== undefined) {
    const next = await nextChange(probe, changes, said);
    if (next === undefined) {
      const found = otherMatter.test(said) ? undefined : await eliminate(probe, changes);
      return found ?? {};
    }
    ({ changes, said } = next);
  }
  return changes;
}

/**
 * Finds out which of the fields that perbench sends by itself a server refuses, and how it takes the request. Nothing is
 * changed where no change helps: then the request has the server's reason.
 *
 * @throws {ServerError} if it can't be reached
 */
export async function learnChanges(
  target: ServedTarget,
  style: PromptStyle,
  signal: AbortSignal,
): Promise<FieldChanges> {
  try {
    return await learn(new FieldProbe(target, style, signal));
  } catch (error) {
    // Another sort of refusal, which the next request will meet as well.
    if (error instanceof RequestFault || (error instanceof ServerError && error.at.statusCode !== undefined)) return {};
    throw error;
  }
}

/** The target as its server takes requests of this style. */
export function withChanges(target: ServedTarget, style: PromptStyle, changes: FieldChanges): ServedTarget {
  const { facts } = target;
  return { ...target, facts: { ...facts, changes: { ...facts.changes, [style]: changes } } };
}
