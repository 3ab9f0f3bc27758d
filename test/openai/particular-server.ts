import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import type { EngineOptions, GenerationResult, LoadedModel, ModelSpec } from '../../src/core/engine.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { listenOnLoopback } from '../setup/listen-on-loopback.ts';

export interface Asked {
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a server has against a request: status and body, or how it says nothing. Undefined: it answers. */
export type Objection = (asked: Asked) => readonly [number, unknown] | 'silence' | 'end' | undefined;

export interface ParticularServer {
  readonly baseUrl: string;
  /** The requests that it answered or refused, in order. */
  readonly asked: Asked[];
}

const list = { data: [{ id: 'm', max_model_len: 8192 }] };

function answer({ path, body }: Asked, response: ServerResponse): void {
  if (path.endsWith('/models')) return void response.end(JSON.stringify(list));
  const isChat = path.endsWith('/chat/completions');
  if (!isChat && !path.endsWith('/completions')) return void response.writeHead(404).end('no such page');
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  const whole = isChat ? { message: { role: 'assistant', content: 'Hello.' } } : { text: 'Hello.' };
  if (body['stream'] !== true) {
    return void response.end(JSON.stringify({ choices: [{ index: 0, ...whole, finish_reason: 'stop' }], usage }));
  }
  const piece = isChat ? { delta: { content: 'Hello.' } } : { text: 'Hello.' };
  const counts = body['stream_options'] === undefined ? [] : [{ choices: [], usage }];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of [{ choices: [{ index: 0, ...piece, finish_reason: 'stop' }] }, ...counts])
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** A server of the OpenAI protocol that objects to some requests; gone when the test ends. */
export async function startParticular(
  object: Objection = () => undefined,
  refusalHeaders: Readonly<Record<string, string>> = {},
): Promise<ParticularServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void Array.fromAsync(request).then((chunks) => {
      const text = Buffer.concat(chunks as Buffer[]).toString();
      const { pathname: path, search: query } = new URL(request.url ?? '', 'http://host');
      const one: Asked = {
        path,
        query,
        headers: request.headers,
        body: text === '' ? {} : (JSON.parse(text) as Asked['body']),
      };
      asked.push(one);
      const objection = object(one);
      if (objection === undefined) return answer(one, response);
      if (objection === 'silence') return undefined;
      if (objection === 'end') return void request.socket.destroy();
      const [status, body] = objection;
      return void response
        .writeHead(status, refusalHeaders)
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  const port = await listenOnLoopback(server);
  return { baseUrl: `http://127.0.0.1:${port}/v1`, asked };
}

/** A model at such a server, opened as a run opens it. */
export async function openAt(
  source: string,
  spec: Partial<ModelSpec> = {},
  environment: Readonly<Record<string, string>> = {},
  options: EngineOptions = {},
): Promise<LoadedModel> {
  const whole = modelSpec({ name: 'm', engine: 'openai', source, promptStyle: 'instruct', ...spec });
  const model = await createOpenAiEngine({ environment }).open(
    whole,
    { hangMs: 5000, ...options },
    new AbortController().signal,
  );
  onTestFinished(async () => model[Symbol.asyncDispose]());
  return model;
}

/** One short answer of a model to a chat, with a stop string within it. */
export async function askOne(model: LoadedModel, isStreamed = false): Promise<GenerationResult> {
  const prompt = { style: 'chat', messages: [{ role: 'user', content: 'Why?' }] } as const;
  async function* one() {
    yield { id: 'a', prompt, maxTokens: 16, stop: ['lo'] };
  }
  const pass = { concurrency: 1, reuse: 'none', isStreamed, signal: new AbortController().signal } as const;
  const [result] = await Array.fromAsync(model.generate(one(), pass));
  if (result?.status !== 'done') throw new Error(result?.message ?? 'no answer');
  return result;
}
