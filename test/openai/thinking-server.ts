import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the model's thoughts reach a client: four ways within the text, or a field of their own. */
export type ThinkingShape = 'think' | 'opened' | 'channels' | 'brackets' | 'reasoning_content' | 'reasoning';

/** `continue`: by what is beside the protocol, and by the last message; `message`: by that alone. */
type Honoured = 'enable_thinking' | 'reasoning_effort' | 'continue' | 'message' | 'stream' | 'usage';

export interface ThinkingServerOptions {
  readonly shape: ThinkingShape;
  readonly name?: string;
  readonly flavour?: 'vllm' | 'sglang' | 'llama-server' | 'ollama' | 'unknown';
  /** Words of thoughts. */
  readonly thoughts?: number;
  /** What it answers, by the last message. */
  readonly answer?: (question: string) => string;
  /** Without a switch thrown. */
  readonly thinksByDefault?: boolean;
  /** Fields that do something; what isn't named is ignored. */
  readonly honours?: readonly Honoured[];
  /** What the template has: a switch by default. */
  readonly template?: 'without switch';
  /** Fields that are refused by name, with status 400. */
  readonly refuses?: readonly string[];
  /** Under which name a schema is kept to; by default under none. */
  readonly schemaField?: string;
  /** What becomes of answers to questions with a forbidden word in them; `status`: the prompt is refused. */
  readonly filter?: 'finish_reason' | 'refusal' | 'status';
  /** By default `forbidden`. */
  readonly forbidden?: string;
  /** Between two tokens. */
  readonly tokenMs?: number;
}

interface Body {
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  readonly prompt?: string | readonly number[];
  readonly tokens?: readonly number[];
  readonly max_tokens?: number;
  readonly stop?: readonly string[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly continuous_usage_stats?: boolean; readonly include_usage?: boolean };
  readonly timings_per_token?: boolean;
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>>;
  readonly reasoning_effort?: string;
  readonly continue_final_message?: boolean;
  readonly [field: string]: unknown;
}

export interface AskedOfServer {
  readonly path: string;
  readonly body: Body;
  /** Tokens that went out before the client had enough, or the answer was over. */
  sent: number;
  isCutOff: boolean;
}

export interface ThinkingServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly asked: readonly AskedOfServer[];
}

const marks: Readonly<Record<ThinkingShape, readonly [string, string]>> = {
  think: ['<think>\n', '</think>\n\n'],
  opened: ['<think>\n', '</think>\n\n'],
  channels: ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final<|message|>'],
  brackets: ['[THINK]', '[/THINK]'],
  reasoning_content: ['<think>\n', '</think>\n\n'],
  reasoning: ['<think>\n', '</think>\n\n'],
};

/** The template of the server, which shows it where it is llama-server. */
const template = [
  '{%- for message in messages -%}{{ "<|" + message.role + "|>" + message.content + "\n" }}{%- endfor -%}',
  '{%- if add_generation_prompt -%}{{ "<|assistant|>" }}',
  '{%- if enable_thinking is defined and enable_thinking is false -%}{{ "<think>\n\n</think>\n\n" }}',
  '{%- else -%}OPENING{%- endif -%}{%- endif -%}',
].join('');

const simpleTemplate =
  '{%- for message in messages -%}{{ "<|" + message.role + "|>" + message.content + "\n" }}{%- endfor -%}<|assistant|><think>\n';

/** Words with the white space before them, and marks: what this model has as tokens. */
function tokensOf(text: string): readonly string[] {
  return text.match(/<\|[a-z]+\|>|<\/?think>|\[\/?THINK\]|\n+|[ ]?[^\s<[]+|[ <[]/g) ?? [];
}

const words = ['maybe', 'answer', 'is', '(B)', 'negative', 'or', '9', 'hmm'];

/** Thoughts that look like answers to whoever doesn't leave them out. */
function thoughtsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => words[index % words.length] ?? '').join(' ');
}

/** What fits a schema of strings with one value each. */
function fitting(schema: unknown): string {
  const { properties = {} } = schema as {
    readonly properties?: Readonly<Record<string, { readonly enum?: unknown[] }>>;
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(properties).map(([name, { enum: values }]) => [name, values?.[0] ?? 'x'])),
  );
}

function schemaIn(body: Body, field: string | undefined): unknown {
  if (field === undefined || body[field] === undefined) return undefined;
  const value = body[field] as { readonly json_schema?: { readonly schema: unknown }; readonly json?: unknown };
  return value.json_schema?.schema ?? value.json ?? value;
}

/** A model that thinks, behind the ways of one server. */
class ThinkingModel {
  readonly #options: ThinkingServerOptions;
  readonly #known: string[] = [];

  constructor(options: ThinkingServerOptions) {
    this.#options = options;
  }

  honours(what: Honoured): boolean {
    return (this.#options.honours ?? ['enable_thinking', 'continue', 'stream', 'usage']).includes(what);
  }

  get #marks(): readonly [string, string] {
    return marks[this.#options.shape];
  }

  thinks(body: Body): boolean {
    const { thinksByDefault = true } = this.#options;
    const { enable_thinking: isOn } = body.chat_template_kwargs ?? {};
    if (this.honours('enable_thinking') && typeof isOn === 'boolean') return isOn;
    if (this.honours('reasoning_effort') && body.reasoning_effort !== undefined)
      return body.reasoning_effort !== 'none';
    return thinksByDefault;
  }

  template(): string {
    if (this.#options.template === 'without switch') return simpleTemplate;
    return template.replace('OPENING', this.#options.shape === 'opened' ? '{{ "<think>\n" }}' : '');
  }

  render(body: Body): string {
    const messages = (body.messages ?? []).map(({ role, content }) => `<|${role}|>${content}\n`).join('');
    if (!this.thinks(body)) return `${messages}<|assistant|>${this.#marks[0]}\n${this.#marks[1]}`;
    return `${messages}<|assistant|>${this.#options.shape === 'opened' ? this.#marks[0] : ''}`;
  }

  encode(text: string): number[] {
    return tokensOf(text).map((token) => {
      const at = this.#known.indexOf(token);
      return at === -1 ? this.#known.push(token) - 1 : at;
    });
  }

  decode(tokens: readonly number[]): string {
    return tokens.map((token) => this.#known[token] ?? '').join('');
  }

  /** The prompt as the model sees it, given thoughts included. */
  promptOf(body: Body): string {
    if (typeof body.prompt === 'string') return body.prompt;
    if (body.prompt !== undefined) return this.decode(body.prompt);
    const { messages = [] } = body;
    const last = messages.at(-1);
    const goesOn = this.honours('continue') || this.honours('message');
    if (last?.role !== 'assistant' || body.continue_final_message !== true || !goesOn) return this.render(body);
    // vLLM renders such a message without the prompt for an answer, SGLang behind it.
    const before = { ...body, messages: messages.slice(0, -1) };
    const isBehind = this.#options.flavour === 'sglang';
    return (isBehind ? this.render(before) : this.render(before).replace(/<think>\n$/, '')) + last.content;
  }

  /** All that the model would say, and where its answer starts. */
  say(body: Body): { readonly thoughts: string; readonly answer: string; readonly isAfterThoughts: boolean } {
    const prompt = this.promptOf(body);
    const [open, close] = this.#marks;
    const { answer = () => 'yes', thoughts = 40, schemaField } = this.#options;
    const question = /<\|user\|>(?!.*<\|user\|>)(.*?)<\|assistant\|>/s.exec(prompt)?.[1] ?? prompt;
    const schema = schemaIn(body, schemaField);
    const said = schema === undefined ? answer(question.trim()) : fitting(schema);
    const isClosed = prompt.trimEnd().endsWith(close.trimEnd());
    const isInside = prompt.trimEnd().endsWith(open.trimEnd());
    const thinks = this.thinks(body) && !isClosed && (body.messages !== undefined || isInside);
    // Held to a schema from its first token on, a model can't think.
    if (!thinks || schema !== undefined) return { thoughts: '', answer: said, isAfterThoughts: isClosed };
    const count = body.reasoning_effort === 'low' ? Math.ceil(thoughts / 2) : thoughts;
    return { thoughts: (isInside ? '' : open) + thoughtsOf(count) + close, answer: said, isAfterThoughts: false };
  }
}

interface Piece {
  readonly text: string;
  readonly isThought: boolean;
}

/** Tokens as they go out, cut at the limit and the stop strings as servers do: wherever they come. */
function piecesOf(model: ThinkingModel, body: Body): { readonly pieces: readonly Piece[]; readonly finish: string } {
  const { thoughts, answer } = model.say(body);
  const all = [
    ...tokensOf(thoughts).map((text) => ({ text, isThought: true })),
    ...tokensOf(answer).map((text) => ({ text, isThought: false })),
  ];
  const pieces: Piece[] = [];
  let text = '';
  for (const piece of all) {
    if (pieces.length >= (body.max_tokens ?? Infinity)) return { pieces, finish: 'length' };
    text += piece.text;
    if (body.stop?.some((each) => text.includes(each)) === true) return { pieces, finish: 'stop' };
    pieces.push(piece);
  }
  return { pieces, finish: 'stop' };
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Body);
}

type Said = Readonly<Record<string, unknown>>;
type TextFields = Readonly<Record<string, string>>;

/** One generation, whole or as a stream that stops when nobody listens any more. */
class Generating {
  readonly #options: ThinkingServerOptions;
  readonly #model: ThinkingModel;
  readonly #asked: AskedOfServer;

  constructor(options: ThinkingServerOptions, model: ThinkingModel, asked: AskedOfServer) {
    this.#options = options;
    this.#model = model;
    this.#asked = asked;
  }

  async answer(response: ServerResponse): Promise<unknown> {
    const { body } = this.#asked;
    const { pieces, finish } = piecesOf(this.#model, body);
    const { forbidden = 'forbidden' } = this.#options;
    const filter = this.#model.promptOf(body).includes(forbidden) ? this.#options.filter : undefined;
    if (filter === 'status') {
      const error = { message: 'The prompt triggered the content policy.', code: 'content_filter' };
      return void response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    }
    const shown = filter === undefined ? pieces : pieces.filter(({ isThought }) => isThought);
    const finishReason = filter === 'finish_reason' ? 'content_filter' : finish;
    const refusal = filter === 'refusal' ? { refusal: "I can't help with that." } : {};
    if (body.stream === true && this.#model.honours('stream')) {
      await this.#stream(response, shown, finishReason, refusal);
      return;
    }
    const parts = shown.map((piece) => this.#said(piece));
    const join = (name: string): string => parts.map((part) => part[name] ?? '').join('');
    const { shape } = this.#options;
    const isField = shape === 'reasoning' || shape === 'reasoning_content';
    const message = { content: join('content'), ...(isField && { [shape]: join(shape) }), ...refusal };
    this.#asked.sent = shown.length;
    const choice = body.messages === undefined ? { text: join('content') } : { message };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ choices: [{ ...choice, finish_reason: finishReason }], ...this.#counts(shown.length) }),
    );
  }

  async #stream(response: ServerResponse, pieces: readonly Piece[], finishReason: string, more: Said): Promise<void> {
    const { body } = this.#asked;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => (this.#asked.isCutOff = !response.writableFinished));
    const say = (event: Said): boolean => response.write(`data: ${JSON.stringify(event)}\n\n`);
    const isTold = body.stream_options?.continuous_usage_stats === true || body.timings_per_token === true;
    for (const piece of pieces) {
      if (this.#asked.isCutOff) return;
      this.#asked.sent += 1;
      const said = this.#said(piece);
      const choice = body.messages === undefined ? { text: said['content'] } : { delta: said };
      say({ choices: [choice], ...(isTold && this.#counts(this.#asked.sent)) });
      await sleep(this.#options.tokenMs ?? 0);
    }
    const last = body.messages === undefined ? { text: '' } : { delta: more };
    say({ choices: [{ ...last, finish_reason: finishReason }] });
    say({ choices: [], ...this.#counts(pieces.length) });
    response.end('data: [DONE]\n\n');
  }

  /** A token of thoughts in its own field, without marks, or in the text. */
  #said({ text, isThought }: Piece): TextFields {
    const { shape } = this.#options;
    const isField = shape === 'reasoning' || shape === 'reasoning_content';
    if (!isThought || !isField || this.#asked.body.messages === undefined) return { content: text };
    return { [shape]: /think>/.test(text) ? '' : text };
  }

  #counts(output: number): Said {
    if (!this.#model.honours('usage')) return {};
    const prompt = tokensOf(this.#model.promptOf(this.#asked.body)).length;
    return { usage: { prompt_tokens: prompt, completion_tokens: output } };
  }
}

function listed({ name = 'thinker', flavour = 'vllm' }: ThinkingServerOptions): Said {
  const owners = { 'llama-server': 'llamacpp', vllm: 'vllm', sglang: 'sglang', ollama: 'library', unknown: 'someone' };
  return { data: [{ id: name, owned_by: owners[flavour], max_model_len: 8192 }] };
}

/** What servers have beside the protocol; undefined where this one hasn't. */
function beside(path: string, body: Body, { flavour }: ThinkingServerOptions, model: ThinkingModel): Said | undefined {
  if (flavour === 'llama-server' && path === '/props') {
    return { default_generation_settings: { n_ctx: 8192 }, total_slots: 4, chat_template: model.template() };
  }
  if (!model.honours('continue')) return undefined;
  if (flavour === 'llama-server' && path === '/apply-template') return { prompt: model.render(body) };
  if (flavour !== 'vllm') return undefined;
  if (path === '/tokenize') {
    const text = body.messages === undefined ? String(body.prompt) : model.render(body);
    return { tokens: model.encode(text) };
  }
  return path === '/detokenize' ? { prompt: model.decode(body.tokens ?? []) } : undefined;
}

/** Stands for a server with a model that thinks. */
export async function startThinkingServer(options: ThinkingServerOptions, port = 0): Promise<ThinkingServer> {
  const asked: AskedOfServer[] = [];
  const model = new ThinkingModel(options);
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = (request.url ?? '').replace(/^\/v1/, '');
    const json = (value: Said): unknown =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    if (path === '/health') return void response.end('ok');
    if (path === '/models') return void json(listed(options));
    const refused = options.refuses?.find((name) => body[name] !== undefined);
    if (refused !== undefined) {
      response.statusCode = 400;
      return void json({ error: { message: `unknown field: ${refused}` } });
    }
    if (path === '/completions' || path === '/chat/completions') {
      const one: AskedOfServer = { path, body, sent: 0, isCutOff: false };
      asked.push(one);
      await new Generating(options, model, one).answer(response);
      return;
    }
    const more = beside(path, body, options, model);
    if (more !== undefined) return void json(more);
    return void response.writeHead(404).end('{}');
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
