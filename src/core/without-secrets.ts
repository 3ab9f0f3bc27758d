/**
 * Secrets leave perbench nowhere: not into the store, a page, an export, a log or the terminal. Values with names (flags,
 * variables, fields) go by their names; every text that leaves also loses the values that this process was told
 * ({@link rememberSecrets}), and what only a secret can be, such as the password in an address.
 */

/** What stands in the place of a secret. */
export const removed = '[removed]';

const secretNames =
  /^(?:(?:api|access|auth|secret|private|admin|account|master)?keys?|\w*(?:api_?key|token|secret|password|passwd|passphrase|passcode|pwd)|credentials?|authorization|auth|basic|bearer|jwt|cookies?|pat|(?:pg|my|db|user|smtp|ssh|sql)?pass)$/i;
/** The half of a pair of keys that is called by what it is for. */
const keyId = /(?:^|[-_])(?:access|secret|api)[-_]?key[-_]id$/i;
/** Tokens that models read and write are no secrets: `bos_token`, `stop-token`. */
const modelTokens =
  /(?:^|[-_])(?:[bep]o[st]|eot|eom|pad|unk|sep|cls|mask|stop|start|end|think|image|audio|special)[-_]token$/i;
/** What shells call the working folder. */
const folders: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);
/** Of a variable of the whole environment too little to go by: scripts call anything `KEY`. */
const ambiguousVariable = /^(?:keys?|auth|pat|cookies?|credentials?)$/i;
/** llama-server's short form of `--hf-token`. */
const secretShort = '-hft';

/** Whether a flag, variable or field of this name holds a secret: `--api-key` and `HF_TOKEN` do, `--tokenizer` doesn't. */
export function isSecretName(name: string): boolean {
  if (folders.has(name)) return false;
  if (name === secretShort || keyId.test(name)) return true;
  return secretNames.test(name.split(/[-_]/).at(-1) ?? '') && !modelTokens.test(name);
}

/** What providers' keys begin with, and tokens that are signed. */
const keyShape =
  /(?:^|[^\w-])(?:(?:sk|pk|rk|hf|gsk|nvapi|xai|r8|glpat|xox[a-z])[-_][\w-]{6,}|gh[a-z]_\w{8,}|github_pat_\w{8,}|AKIA[A-Z\d]{8,}|AIza[\w-]{8,}|eyJ[\w-]{8,}\.[\w-]+)/;

/** Whether a value can hardly be anything but a key, whatever its name. */
export function looksLikeKey(value: string): boolean {
  return keyShape.test(value);
}

const known = new Set<string>();

/** One or two plain words, numbers and dates, ids of tasks: texts contain them by chance. */
const plain = /^(?:\p{L}{1,15}(?:[_.:/-]\p{L}{1,15})?|[\d.,:-]{0,10}|[a-z]\w*\/[a-z][\w-]*@\d+)$/u;
/** What people write where a server asks for no key. */
const noKey = /^(?:sk-)?(?:no|not)-(?:api-)?(?:key|token|needed|required|used|set)(?:-\w+)?$/i;
/**
 * Paths may hold any characters, so their start or their end decides. A key in base64 may begin with a slash too, though
 * hardly with a whole folder in small letters.
 */
const pathLike =
  /^(?:(?:~|\.{1,2})\/|[A-Za-z]:[\\/]|\\\\|\/(?:[^\p{Lu}/+=]+|\p{Lu}\p{Ll}+)(?:\/|$)|\/.*\s|(?:[^/]+\/)+[^/]+\.[a-z]{1,5}$)/u;
const shortestSecret = 8;
/** Of one word among several, such as a line of a private key. */
const shortestPart = 16;

/**
 * Values that are removed from every text from now on: whole, or of several words the long ones, as those of a header or
 * of a private key. Not those that texts contain by chance, which their removal would damage.
 */
export function rememberSecrets(values: Iterable<string | undefined>): void {
  for (const value of values) {
    const whole = value?.trim() ?? '';
    if (pathLike.test(whole)) continue;
    const words = whole.split(/\s+/);
    const shortest = words.length > 1 ? shortestPart : shortestSecret;
    for (const secret of words)
      if (secret.length >= shortest && !plain.test(secret) && !noKey.test(secret)) remember(secret);
  }
}

function remember(secret: string): void {
  // As JSON, addresses and shells write it.
  for (const form of [
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('/', String.raw`\/`),
    encodeURIComponent(secret),
  ])
    known.add(form);
}

/** What stands in the place of a secret; also hears of it. */
type Hide = (secret: string) => string;
const hidden: Hide = (secret) => (pathLike.test(secret) ? secret : removed);

/** Of an address; the user alone of a PostgreSQL server is no secret. */
const userInfo =
  /(?<=[a-z][\w+.-]*:\/\/)(?!user:password@|(?<=\bpostgres(?:ql)?:\/\/)[^:/?#@\s"'<>]+@)([^/?#@\s"'<>]+)@/gi;
/** Of an address without its scheme: `user:password@host`. What follows `pip:` and `hf:` is a name, and a digest no host. */
const bareUserInfo =
  /(?<![\w./:@+%-])((?:[\w+-]+:)*?(?!(?:pip|hf|mailto|sha256):)[\w.+%-]+:)([^\s/:@"'<>[\]{}()]+)@(?=[\w[])(?!sha256:)/gi;
const secretQuery = /([?&;]([\w.-]+)=)([^&#\s"'<>]+)/g;
/** Of a header: whatever `Authorization` says, and what follows `Bearer`, unless it reads like a word. */
const headerValue =
  /(\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token)\s+)?|\bbearer\s+(?=\S*\d))(?!\[removed\])([\w+/.~=-]{4,})/gi;
/** A field of JSON inside a text, whose quotes may be escaped. */
const jsonField = /((\\*["'])([\w-]+)\2\s*:\s*\2)((?:(?!\2)(?:\\.|.))+)(?=\2)/g;
/** A flag or variable with its value inside a command that is one text. */
const namedInside = /(?<![\w-])((-{0,2}[\w-]+)(?:=|(?<=(?<![\w-])-[\w-]+)\s+(?!-)))("[^"]*"|'[^']*'|[^\s"';|&]+)/g;

/** Any text that goes into a file or a terminal: without the values that this process was told. */
export function withoutKnownSecrets(text: string): string {
  let shown = text;
  for (const secret of known) if (shown.includes(secret)) shown = shown.replaceAll(secret, removed);
  return shown;
}

/** The same, and without users and passwords in addresses, keys in their queries, and credentials of headers. */
export function textWithoutSecrets(text: string, hide: Hide = hidden): string {
  return withoutKnownSecrets(text)
    .replaceAll(userInfo, (_, user: string) => `${hide(user)}@`)
    .replaceAll(bareUserInfo, (_, user: string, password: string) => `${user}${hide(password)}@`)
    .replaceAll(secretQuery, (whole, start: string, name: string, value: string) =>
      isSecretName(name) ? start + hide(value) : whole,
    )
    .replaceAll(headerValue, (_, start: string, value: string) => start + hide(value));
}

/** A command in one word, such as that of `sh -c`, or JSON: without the values of its flags, variables and fields as well. */
function wordWithoutSecrets(word: string, hide: Hide): string {
  const shown = textWithoutSecrets(word, hide).replaceAll(
    jsonField,
    (whole, start: string, _, name: string, value: string) => (isSecretName(name) ? start + hide(value) : whole),
  );
  return /\s/.test(shown) ? insideWithoutSecrets(shown, hide) : shown;
}

/** A value that isn't one itself may be quoted words with more of them. */
function insideWithoutSecrets(text: string, hide: Hide): string {
  return text.replaceAll(
    namedInside,
    (_, start: string, name: string, value: string) =>
      start + (isSecretName(name) ? hide(value) : insideWithoutSecrets(value, hide)),
  );
}

/** A command line for people to read: without the values of keys, tokens and passwords, and without those in addresses. */
export function withoutSecrets(words: readonly string[], hide: Hide = hidden): readonly string[] {
  let isValue = false;
  return words.map((word) => {
    const isFlag = word.startsWith('-');
    // vLLM takes several keys after one flag.
    if (isValue && !isFlag) return hide(word);
    const [, name = word, mark = '', value] = /^([\w-]+)([=:])(.*)$/s.exec(word) ?? [];
    isValue = isFlag && value === undefined && isSecretName(name);
    return value !== undefined && isSecretName(name) ? name + mark + hide(value) : wordWithoutSecrets(word, hide);
  });
}

/** A value of any shape, such as a suite or a manifest: without the same in its lists, texts and named values. */
export function valueWithoutSecrets<Value>(value: Value, hide?: Hide): Value;
export function valueWithoutSecrets(value: unknown, hide: Hide = hidden): unknown {
  if (typeof value === 'string') return wordWithoutSecrets(value, hide);
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return list.every((each) => typeof each === 'string')
      ? withoutSecrets(list, hide)
      : list.map((each) => valueWithoutSecrets(each, hide));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, own]: readonly [string, unknown]) => [
    name,
    typeof own === 'string' && isSecretName(name) ? hide(own) : valueWithoutSecrets(own, hide),
  ]);
  return Object.fromEntries(entries) as unknown;
}

/** Remembers the secrets that a value of any shape has where {@link valueWithoutSecrets} finds them. */
export function rememberSecretsIn(value: unknown): void {
  valueWithoutSecrets(value, (secret) => {
    // Of a user with a password, the password.
    const [, password = secret] = /^[^:/]*:([^/].*)$/s.exec(secret) ?? [];
    rememberSecrets([password, decoded(password)]);
    return removed;
  });
}

/** Remembers the secrets of this process's environment. */
export function rememberSecretVariables(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment))
    rememberSecretsIn(ambiguousVariable.test(name) ? value : { [name]: value });
}

/** Undoes `%40` and the like of an address. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** Names and places in a stored value whose secret was removed. */
export function removedSecrets(value: unknown, place = ''): readonly string[] {
  if (typeof value === 'string') return value.includes(removed) ? [place] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, own]: readonly [string, unknown]) =>
    removedSecrets(own, Array.isArray(value) ? place : place === '' ? name : `${place}.${name}`),
  );
}
