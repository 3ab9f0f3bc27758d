/** Enough to see that something comes; some servers refuse smaller limits. */
export const fewTokens = 16;

/** What becomes of each field that a server refuses: its other name, or null where it is left out. */
export type FieldChanges = Readonly<Record<string, string | null>>;

type Fields = Readonly<Record<string, unknown>>;

/** The fields as this server takes them. */
export function changeFields(fields: Fields, changes: FieldChanges = {}): Fields {
  const entries = Object.entries(fields).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    const change = changes[name];
    if (change === null) return [];
    return [[change ?? name, value]];
  });
  return Object.fromEntries(entries);
}

interface OptionalField {
  /** What a server may call it, beside its name in any spelling. */
  readonly alike?: RegExp;
  /** What is lost without it. */
  readonly loss?: string;
}

/**
 * Fields that a request can do without, or has under another name; those whose loss matters least first. Whatever else
 * is sent decides what is asked.
 */
export const optionalFields: Readonly<Record<string, OptionalField>> = {
  timings_per_token: {},
  cache_prompt: { loss: 'the server may reuse work' },
  cache_salt: { loss: 'the server may reuse work' },
  reasoning_format: {},
  dynatemp_range: {},
  mirostat: {},
  xtc_probability: {},
  dry_multiplier: {},
  presence_penalty: {},
  frequency_penalty: {},
  repeat_penalty: {},
  repetition_penalty: {},
  top_p: {},
  stream_options: { alike: /include_?usage/i, loss: 'streams may lack token counts' },
  stop: { alike: /\bstop[ _-]?(?:strings?|sequences?|words?|tokens?)\b/i, loss: 'answers are cut by perbench' },
  temperature: { alike: /\bsampling\b|\bgreedy\b/i, loss: 'answers may vary' },
  stream: {
    alike: /\bstream(?:ing|ed|s)\b/i,
    loss: 'time to first token and time per output token are unavailable',
  },
  max_tokens: { alike: /\bmax_?(?:completion|output|new)_?tokens\b/i },
};

/** Names under which servers take the limit of tokens, the most usual first. */
export const limitNames = ['max_completion_tokens', 'max_output_tokens', 'max_new_tokens'] as const;

/** The spellings of a name: `stream_options`, `streamOptions`, `stream options`. */
function spelling(name: string): RegExp {
  const joined = name.replaceAll('_', '[_ -]?');
  // `stream` isn't named by `stream_options`.
  return new RegExp(`(?<![a-z\\d_-])${joined}(?![a-z\\d_-]|[ ]?options)`, 'i');
}

/** Where a text first names a field; Infinity where it doesn't. */
function placeOf(text: string, name: string): number {
  const places = [spelling(name), optionalFields[name]?.alike].flatMap((pattern) => {
    const at = pattern === undefined ? -1 : text.search(pattern);
    return at === -1 ? [] : [at];
  });
  return Math.min(...places, Infinity);
}

/** Two fields that may not be sent together: what can be spared goes first. */
const isConflict = /\bboth\b|together|at the same time|simultaneous|mutually/i;

/**
 * The optional fields that a refusal names, the likeliest culprit first.
 *
 * @param said what the server said, as it came: prose, OpenAI's `param`, or FastAPI's list of details with `loc`
 * @param sent names of the fields that were sent
 */
export function namedFields(said: string, sent: readonly string[]): readonly string[] {
  const order = Object.keys(optionalFields);
  const named = sent
    .filter((name) => Object.hasOwn(optionalFields, name))
    .map((name) => ({ name, at: placeOf(said, name) }))
    .filter(({ at }) => at !== Infinity);
  const byPlace = isConflict.test(said)
    ? named.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    : named.toSorted((a, b) => a.at - b.at);
  return byPlace.map(({ name }) => name);
}

/** One line on what a server doesn't take and what becomes of it; undefined where it takes everything. */
export function changesSentence(changes: FieldChanges): string | undefined {
  const parts = Object.entries(changes).map(([name, to]) => {
    if (to !== null) return `${name} (sent as ${to})`;
    const { loss } = optionalFields[name] ?? {};
    return `${name} (left out${loss === undefined ? '' : `: ${loss}`})`;
  });
  return parts.length === 0 ? undefined : `the server refuses ${parts.join(', ')}`;
}
