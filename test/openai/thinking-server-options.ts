/** How the model's thoughts reach a client: four ways within the text, or a field of their own. */
export type ThinkingShape = 'think' | 'opened' | 'channels' | 'brackets' | 'reasoning_content' | 'reasoning';

/** `continue`: by what is beside the protocol, and by the last message; `message`: by that alone. */
export type Honoured = 'enable_thinking' | 'reasoning_effort' | 'continue' | 'message' | 'stream' | 'usage';

export interface ThinkingServerOptions {
  readonly shape: ThinkingShape;
  readonly name?: string;
  readonly flavour?: 'vllm' | 'sglang' | 'llama-server' | 'ollama' | 'unknown';
  /** Words of thoughts. */
  readonly thoughts?: number;
  /** What it answers, by the last message. */
  readonly answer?: (question: string) => string;
  /** It ends its turn where its thoughts should end. */
  readonly forgetsAnswer?: boolean;
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

export interface Body {
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
