/** Errors as servers and gateways put them into JSON, also into answers with status 200. */
import { jsonInside } from '../../core/json-inside.ts';

/** What a server says went wrong. */
export interface SaidError {
  /** Empty where it doesn't say. */
  readonly text: string;
  /** Its kind and code, as words. */
  readonly type: string;
  /** The HTTP status that it names. */
  readonly statusCode: number | undefined;
  /** By the prompt alone, as Azure does. */
  readonly isFiltered: boolean;
  readonly promptTokens: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Where the text of an error is, the most telling first. */
const textKeys = [
  'message',
  'error',
  'msg',
  'Message',
  'error_msg',
  'error_message',
  'errorMessage',
  'status_msg',
  'detail',
  'details',
  'errors',
  'title',
  'reason',
] as const;

const deepest = 6;

function textIn(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value.trim();
  if (!isObject(value) || depth > deepest) return '';
  if (Array.isArray(value)) {
    const all = value.slice(0, 3).map((each) => textIn(each, depth + 1));
    return all.filter(Boolean).join('; ');
  }
  for (const key of textKeys) {
    const text = textIn(value[key], depth + 1);
    if (text !== '') return text;
  }
  return '';
}

function statusIn({ status, status_code: snake, statusCode, code, error_code: errorCode }: Fields): number | undefined {
  const numbers = [status, snake, statusCode, code, errorCode].map((each) =>
    typeof each === 'number' || (typeof each === 'string' && /^\d{3}$/.test(each.trim())) ? Number(each) : NaN,
  );
  return numbers.find((each) => each >= 400 && each <= 599 && Number.isInteger(each));
}

/** Kinds of errors by their names, the first that fits. */
const statusByType: readonly (readonly [RegExp, number])[] = [
  [/rate.?limit|too.?many.?requests|quota|resource.?exhausted|throttl/i, 429],
  [/overload|unavailable|capacity|busy/i, 503],
  [/timeout|deadline/i, 504],
  [/authenticat|invalid.?api.?key|unauthori[sz]ed/i, 401],
  [/permission|forbidden/i, 403],
  [
    /invalid.?request|bad.?request|validation|unprocessable|unsupported|invalid.?(?:argument|parameter)|context.?length|exceed.?context|content.?filter|invalid.?prompt/i,
    400,
  ],
  [/not.?found/i, 404],
  [/internal|server.?error/i, 500],
];

/** Whether an error says that this prompt was filtered, not that an account or a key was. */
function isFilter(type: string, text: string): boolean {
  if (/content_?(?:filter|policy)|moderation|data_?inspection/i.test(type)) return true;
  return (
    /\b(?:input|prompt|request|content|message|query|text)s?\b[^.]{0,40}\b(?:flagged|moderat|filtered)|content (?:management )?polic|content filter/i.test(
      text,
    ) && !/\b(?:account|organi[sz]ation|user|api[ _-]?key)\b/i.test(text)
  );
}

/** What a text alone tells: only what can't be said by chance. */
const statusByText: readonly (readonly [RegExp, number])[] = [
  [/rate limit|too many requests/i, 429],
  [/overloaded|temporarily unavailable|service unavailable|no capacity|try again later/i, 503],
  [/context (?:length|size|window)|prompt is too long|maximum (?:model|input) length/i, 400],
];

const statusOf = (table: readonly (readonly [RegExp, number])[], text: string): number | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

const words = (value: unknown): string => (typeof value === 'string' && !/^\d+$/.test(value) ? value : '');

/** The object that tells most, and those around it. */
function layersOf(value: Fields): readonly Fields[] {
  const { choices, error, errors, base_resp: base } = value;
  const inChoice = Array.isArray(choices) && isObject(choices[0]) ? choices[0]['error'] : undefined;
  const listed: unknown = Array.isArray(errors) ? errors[0] : undefined;
  // MiniMax always sends one; 0 is success.
  const failed = isObject(base) && Boolean(base['status_code']) ? base : undefined;
  return [inChoice, error, listed, failed, value].filter(isObject);
}

/**
 * Reads a refusal, or an error in an answer.
 *
 * @param value JSON; a list holds one error
 */
function readError(value: unknown): SaidError {
  const whole: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(whole)) return saidText(typeof whole === 'string' ? whole : '');
  const layers = layersOf(whole);
  const text = layers.map((layer) => textIn(layer)).find((each) => each !== '') ?? '';
  const type = layers
    .flatMap(({ type: kind, error_type: errorType, __type: aws, code, status }) =>
      [kind, errorType, aws, code, status].map(words),
    )
    .filter((word) => word !== '' && word !== 'error' && word !== 'about:blank')
    .join(' ');
  const counted = layers.map(({ n_prompt_tokens: tokens }) => tokens).find((each) => typeof each === 'number');
  const told = layers.map(statusIn).find((each) => each !== undefined);
  return {
    text,
    type,
    // FastAPI lists what of a request doesn't fit.
    statusCode:
      told ??
      (Array.isArray(whole['detail']) ? 422 : undefined) ??
      statusOf(statusByType, type) ??
      statusOf(statusByText, text),
    isFiltered: isFilter(type, text),
    promptTokens: typeof counted === 'number' ? counted : undefined,
  };
}

/** An error that is nothing but text. */
export function saidText(text: string): SaidError {
  const statusCode = statusOf(statusByText, text);
  return { text, type: '', statusCode, isFiltered: false, promptTokens: undefined };
}

/** The same from a body; undefined where it isn't JSON. */
export function errorInText(text: string): SaidError | undefined {
  const value = jsonInside(text);
  return value === undefined ? undefined : readError(value);
}

/** Whether a field for errors says anything: some servers always send one. */
function isSaid(error: unknown): boolean {
  if (!isObject(error)) return typeof error === 'string' ? error.trim() !== '' : error === true;
  return textIn(error) !== '' || statusIn(error) !== undefined;
}

/** Whether JSON that came as an answer, or as a piece of one, is an error. */
export function isError(value: unknown): boolean {
  if (Array.isArray(value)) return isObject(value[0]) && isError(value[0]);
  if (!isObject(value)) return false;
  const { choices, error, object, type } = value;
  if (isSaid(error) || object === 'error' || type === 'error') return true;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (isObject(choice)) return isSaid(choice['error']);
  // Without a choice it is an error if it says one.
  return layersOf(value).some((layer) => textIn(layer) !== '' || statusIn(layer) !== undefined);
}
