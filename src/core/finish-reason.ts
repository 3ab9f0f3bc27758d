/** Why an answer ended: one word for the many that servers and files have for the same thing. */

/** The protocol's own words, and `fault` for an answer that broke off inside the server. */
export type KnownFinish = 'stop' | 'length' | 'content_filter' | 'fault';

/** Said before the end: gateways turn a null into text; a number or a boolean is no reason either. */
const none = new Set([
  '',
  'null',
  'none',
  'undefined',
  'nil',
  'unspecified',
  'false',
  'finishreasonunspecified',
  'notfinished',
]);

/**
 * By their letters alone; the first that fits. Names of OpenAI, Google, Cohere, Mistral, DeepSeek, Bedrock,
 * vLLM, SGLang, TGI and TensorRT-LLM.
 */
const names: readonly (readonly [RegExp, KnownFinish])[] = [
  [
    /filter|safety|unsafe|recitation|block|refus|prohibit|^spii$|sensitive|guardrail|moderat|toxic|censor|flagged|violation|policy/,
    'content_filter',
  ],
  [
    /length|tokens?limit|tokenlimit|tokens?exhausted|max.*(?:token|output|context)|context.*(?:full|window|exceeded|limit)|truncat|^(?:error|output|context|size)?limit$/,
    'length',
  ],
  [/error|abort|cancel|fail|unavailable|shutdown|insufficient|interrupt|disconnect/, 'fault'],
  [
    /^(?:stop\w*|eos\w*|eot\w*|eog\w*|end\w*|completed?|done|finish(?:ed)?|normal|success|toolcalls?|tooluse|functioncall)$/,
    'stop',
  ],
];

/** SGLang and TGI say it as `{"type": "length", …}`. */
function wordIn(said: unknown): string {
  if (typeof said === 'string') return said.trim();
  if (typeof said !== 'object' || said === null) return '';
  const { type, reason } = said as Readonly<Record<string, unknown>>;
  return wordIn(typeof type === 'string' ? type : typeof reason === 'string' ? reason : '');
}

const longestWord = 60;

/**
 * A finish reason in the protocol's words, an unknown one as it was said.
 *
 * @returns undefined where the answer hasn't ended
 */
export function readFinish(said: unknown): string | undefined {
  const word = wordIn(said);
  const letters = word.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (none.has(letters) || /^\d+$/.test(letters)) return undefined;
  return names.find(([pattern]) => pattern.test(letters))?.[1] ?? word.replaceAll(/\s+/g, ' ').slice(0, longestWord);
}

const known = new Set(['stop', 'length', 'content_filter', 'fault']);

export function isKnownFinish(finish: string): finish is KnownFinish {
  return known.has(finish);
}
