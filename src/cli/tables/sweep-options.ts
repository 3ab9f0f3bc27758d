import { listParts } from '../../core/list-parts.ts';
import { readNumber } from '../../core/settings.ts';
import { sweepDefaults, sweepRanges } from '../../core/sweep-axes.ts';
import { custom, number, type Option, text, withDefault } from '../options/option.ts';
import { paperOptions } from './result-options.ts';
import { suiteOptions } from './suite-options.ts';

type Axis = 'promptTokens' | 'concurrency';

/** Whole numbers joined by commas. */
function axis(name: Axis, help: string, aliases: readonly string[] = []): Option<readonly number[]> {
  const range = { ...sweepRanges[name], isWhole: true };
  const option = custom<readonly number[]>({
    argument: 'n,…',
    expected: `whole numbers from ${range.min} to ${range.max}, joined by commas`,
    help,
    defaultText: sweepDefaults[name].join(','),
    aliases: aliases.map((alias) => ({ name: alias })),
    parse: (value) => {
      const numbers = listParts(value).map((part) => readNumber(part, range));
      const known = numbers.filter((each) => each !== undefined);
      return known.length > 0 && known.length === numbers.length ? known : undefined;
    },
  });
  return withDefault(option, sweepDefaults[name]);
}

const { engine, style, modelArgs, launches, windowSeconds, seed, threads, contextTokens, hangSeconds } = suiteOptions;
const { clientProcesses, waitQuiet, allowBusy } = suiteOptions;

/** Options of a suite that a sweep has too. */
export const sweptSuiteOptions = {
  launches: { ...launches, aliases: [...launches.aliases, { name: 'repeats' }, { name: 'runs' }] },
  windowSeconds: { ...windowSeconds, defaultText: String(sweepDefaults.windowSeconds) },
  engine,
  style: { ...style, defaultText: 'base' },
  modelArgs,
  seed,
  threads,
  contextTokens,
  hangSeconds,
  clientProcesses,
  waitQuiet,
  allowBusy,
} as const;

export const sweepOptions = {
  promptTokens: axis('promptTokens', 'prompt lengths in tokens', ['pp', 'n-prompt']),
  outputTokens: withDefault(
    number({
      argument: 'n',
      ...sweepRanges.outputTokens,
      help: 'tokens of each answer',
      aliases: [{ name: 'tg' }, { name: 'n-gen' }],
    }),
    sweepDefaults.outputTokens,
  ),
  concurrency: axis('concurrency', 'requests in flight'),
  requests: withDefault(
    number({ argument: 'n', ...sweepRanges.requests, help: 'minimum number of requests per load; p95 takes 130' }),
    sweepDefaults.requests,
  ),
  within: text({
    argument: 'limit',
    help: 'look for the highest concurrency within a limit, such as "ttft p95 <= 500ms" (ttft, tpot or e2el), in one launch',
    hasEnvironment: false,
  }),
  maxConcurrency: withDefault(
    number({ argument: 'n', ...sweepRanges.maxConcurrency, help: 'highest concurrency that --within tries' }),
    sweepDefaults.maxConcurrency,
  ),
  ...sweptSuiteOptions,
  ...paperOptions,
} as const;
