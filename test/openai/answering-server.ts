import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll } from 'vitest';
import type { Generation, LoadedModel } from '../../src/core/engine.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { passOptions, plainRequest, streamOf } from '../conformance/engine-requests.ts';
import { modelSpec } from '../setup/model-spec.ts';

/** One generation as it was asked, and where its answer goes. */
export interface Asked {
  readonly prompt: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** How often this prompt was asked, from 1. */
  readonly attempt: number;
  readonly response: ServerResponse;
}

export interface AnsweringServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly asked: () => number;
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}

/** @param events as they are, or values that become the data of one */
export function sendEvents(response: ServerResponse, events: readonly unknown[], isDone = true): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`);
  if (isDone) response.write('data: [DONE]\n\n');
  response.end();
}

const counts = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

/** A right answer, whole or as a stream: `says` and the prompt. */
export function answerRight({ prompt, body, response }: Asked, says = 'echo of '): void {
  const text = says + prompt;
  if (body['stream'] !== true) {
    sendJson(response, { model: 'm', choices: [{ text, finish_reason: 'stop' }], usage: counts });
    return;
  }
  sendEvents(response, [
    { model: 'm', choices: [{ text: says, finish_reason: null }] },
    { choices: [{ text: prompt, finish_reason: null }] },
    { choices: [{ text: '', finish_reason: 'stop' }] },
    { choices: [], usage: counts },
  ]);
}

/**
 * A server on loopback that serves the model `m`, and answers as it is told.
 *
 * @param answerProbe to what is streamed before the questions; by default right
 */
export async function startAnswering(
  answer: (asked: Asked) => void,
  answerProbe: (asked: Asked) => void = answerRight,
): Promise<AnsweringServer> {
  const attempts = new Map<string, number>();
  let asked = 0;
  const server = createServer((incoming, response) => {
    void bodyOf(incoming).then((text) => {
      if (incoming.url?.endsWith('/models') === true) {
        sendJson(response, { data: [{ id: 'm', max_model_len: 8192 }] });
        return;
      }
      const isGeneration = incoming.url?.endsWith('/completions') === true;
      if (incoming.method !== 'POST' || !isGeneration) {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end('{"error":{"message":"no such path"}}');
        return;
      }
      asked += 1;
      const body = JSON.parse(text) as Asked['body'];
      const prompt = String(body['prompt']);
      const attempt = (attempts.get(prompt) ?? 0) + 1;
      attempts.set(prompt, attempt);
      const one = { prompt, body, attempt, response };
      if (prompt.startsWith('Question')) answer(one);
      else if (body['stream'] === true) answerProbe(one);
      else answerRight(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

export async function openAnswering(
  { baseUrl }: AnsweringServer,
  changes: { readonly hangMs?: number; readonly options?: object } = {},
): Promise<LoadedModel> {
  const engineOptions = { retrySeconds: 20, backoffSeconds: 0.005, loglikelihood: 'none', ...changes.options };
  const spec = modelSpec({ name: 'm', engine: 'openai', source: `${baseUrl}#m`, engineOptions });
  const engine = createOpenAiEngine({ environment: {} });
  return engine.open(spec, { hangMs: changes.hangMs ?? 60_000 }, new AbortController().signal);
}

/** Answers that are odd, by their question; the others are right. */
const odd = new Map<string, { readonly answer: (asked: Asked) => void; readonly times: number }>();
let questions = 0;

/** Answers the questions of `askOf`. */
export async function startOdd(answerProbe?: (asked: Asked) => void): Promise<AnsweringServer> {
  return startAnswering((asked) => {
    const { answer, times } = odd.get(asked.prompt) ?? { answer: answerRight, times: 0 };
    if (asked.attempt <= times) answer(asked);
    else answerRight(asked);
  }, answerProbe);
}

/** What becomes of a question with odd answers, and of others. */
export interface Became {
  readonly result: Generation | undefined;
  /** How many of the others were answered. */
  readonly others: number;
}

/** Asks three questions; what becomes of the second, whose first `times` answers are odd, and of the others. */
export async function askOf(
  model: LoadedModel,
  answer: (asked: Asked) => void,
  isStreamed: boolean,
  times: number,
): Promise<Became> {
  const prompts = [0, 1, 2].map(() => `Question ${(questions += 1)}`);
  odd.set(prompts[1] ?? '', { answer, times });
  const requests = prompts.map((prompt, index) => plainRequest(`r${index}`, prompt, { maxTokens: 64 }));
  const results = await Array.fromAsync(
    model.generate(streamOf(requests), passOptions({ concurrency: 1, isStreamed })),
  );
  const done = results.filter(({ id, status }) => id !== 'r1' && status === 'done');
  return { result: results.find(({ id }) => id === 'r1'), others: done.length };
}

/** `askOf` at one server for all tests of a file, opened before them and closed behind them. */
export function useOddServer(): (
  answer: (asked: Asked) => void,
  isStreamed: boolean,
  times?: number,
) => Promise<Became> {
  let server: AnsweringServer;
  let model: LoadedModel;
  beforeAll(async () => {
    server = await startOdd();
    model = await openAnswering(server);
  });
  afterAll(async () => {
    await model[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return (answer, isStreamed, times = Infinity) => askOf(model, answer, isStreamed, times);
}
