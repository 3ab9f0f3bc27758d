const secretNames = /^(api)?keys?$|^token$|^secret$|^password$|^passwd$|^credentials?$/i;
/** llama-server's short form of `--hf-token`. */
const secretShort = '-hft';
const removed = '[removed]';

/** Whether a flag or variable of this name holds a secret: `--api-key` and `HF_TOKEN` do, `--tokenizer` doesn't. */
function isSecret(name: string): boolean {
  return name === secretShort || secretNames.test(name.split(/[-_]/).at(-1) ?? '');
}

/** A command line for people to read: without the values of keys, tokens and passwords, and without those in addresses. */
export function withoutSecrets(words: readonly string[]): readonly string[] {
  let isValue = false;
  return words.map((word) => {
    const isFlag = word.startsWith('-');
    // vLLM takes several keys after one flag.
    if (isValue && !isFlag) return removed;
    const [, name = word, value] = /^([\w-]+)=(.*)$/s.exec(word) ?? [];
    isValue = isFlag && value === undefined && isSecret(name);
    if (value !== undefined && isSecret(name)) return `${name}=${removed}`;
    return word.replaceAll(/\/\/[^/@\s]+@/g, `//${removed}@`);
  });
}

/** A value that is written into a file, such as a suite: without the same in its lists, texts and named values. */
export function valueWithoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets([value])[0];
  if (Array.isArray(value)) {
    return value.every((each) => typeof each === 'string') ? withoutSecrets(value) : value.map(valueWithoutSecrets);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, own]: readonly [string, unknown]) => [
    name,
    typeof own === 'string' && isSecret(name) ? removed : valueWithoutSecrets(own),
  ]);
  return Object.fromEntries(entries);
}
