import type { WantedTask } from '../../app/report-runs.ts';
import { listParts } from '../../core/list-parts.ts';
import { constraintNames, gateLimitNames, limitKind, type LimitName, parseBound } from '../../core/limits.ts';
import { factorLabels, type FactorName, factorNames, type Factors } from '../../scoring/factor.ts';
import { type ServerPresetName, serverPresetNames } from '../../core/managed-server.ts';
import { servingForms } from '../../present/serving.ts';
import {
  choice,
  custom,
  flag,
  number,
  type Option,
  optionalText,
  text,
  texts,
  withDefault,
} from '../options/option.ts';

/** A factor by its name or its label, in any case: `acc`, `ACC`, `accuracy`. */
function factorOf(name: string): FactorName | undefined {
  const wanted = name.trim().toLowerCase();
  return factorNames.find((factor) => factor === wanted || factorLabels[factor].toLowerCase() === wanted);
}

/** `acc,thr` as factors; undefined where one isn't known, comes twice, or is alone. */
export function parseFactors(value: string): readonly FactorName[] | undefined {
  const factors = listParts(value).map(factorOf);
  const known = factors.filter((factor) => factor !== undefined);
  return known.length === factors.length && new Set(known).size === known.length && known.length >= 2
    ? known
    : undefined;
}

/**
 * `acc=0.4,thr=0.3,lat=0.2,mem=0.1` as weights with a sum of 1. All four are scaled to it; where some aren't named they
 * share what is left of it.
 *
 * @returns undefined where the text is none
 */
export function parseWeights(value: string): Factors | undefined {
  const named = new Map<FactorName, number>();
  for (const part of listParts(value)) {
    const [, name = '', digits = ''] = /^\s*(\w+)\s*=\s*(\d+\.?\d*|\.\d+)\s*$/u.exec(part) ?? [];
    const factor = factorOf(name);
    if (factor === undefined || named.has(factor)) return undefined;
    named.set(factor, Number(digits));
  }
  if (named.size === 0) return undefined;
  const sum = [...named.values()].reduce((total, weight) => total + weight, 0);
  const others = factorNames.length - named.size;
  if (others === 0 ? !(sum > 0) : sum > 1) return undefined;
  const scale = others === 0 ? 1 / sum : 1;
  const weightOf = (factor: FactorName): number => (named.get(factor) ?? (1 - sum) / others) * scale;
  return {
    accuracy: weightOf('accuracy'),
    throughput: weightOf('throughput'),
    latency: weightOf('latency'),
    memory: weightOf('memory'),
  };
}

function limit(name: LimitName): Option<number | undefined> {
  const { argument, expected, help } = limitKind(name);
  return custom<number>({ argument, expected, help, parse: (value) => parseBound(name, value) });
}

/** A flag for each limit that has a name, and one for limits that are written out. */
function limitFlags<Name extends LimitName>(
  names: readonly Name[],
  example: string,
): { readonly [Own in Name]: Option<number | undefined> } & { readonly require: Option<readonly string[]> } {
  const named = Object.fromEntries(names.map((name) => [name, limit(name)])) as Record<
    Name,
    Option<number | undefined>
  >;
  const help = `limit as an expression, such as "${example}" (repeatable)`;
  return { ...named, require: texts({ argument: 'limit', help }) };
}

/** What a model must keep to on every task; the same wherever models are chosen. */
const limitOptions = limitFlags(constraintNames, 'latency p99 <= 800ms');

export const pricePerHour = number({
  argument: 'price',
  above: 0,
  isWhole: false,
  help: 'hourly price of one device',
  defaultText: "that of the run's suite",
});

/** Of what reads a stored run. */
export const baseOption = text({
  argument: 'model',
  help: 'model of the run that the others are compared with',
  defaultText: "that of the run's question, else that of its losses, else the first model",
  hasEnvironment: false,
});

/** How scores are computed and analysed; the same for runs and for tables. */
export const scoringOptions = {
  anchors: text({
    argument: 'name|file',
    help: 'anchors, which score 0.5 in PER-A: paper-gpu, cpu, a .yaml or .json file, or none',
    defaultText: "the project's, else those of the hardware",
    completion: 'file',
  }),
  score: withDefault(
    choice({
      argument: 'name',
      choices: ['per-a', 'per-paper'],
      help: 'score that ranks the usable models; per-paper depends on which models are in the set',
    }),
    'per-a',
  ),
  weights: custom<Factors>({
    argument: 'acc=…,thr=…,lat=…,mem=…',
    help: 'weight of each factor; those not named share the rest of 1',
    defaultText: 'a quarter each',
    expected: 'weights of at least 0 for acc, thr, lat, mem: all four, or some that sum to at most 1',
    parse: parseWeights,
  }),
  ...limitOptions,
  pricePerHour: number({
    argument: 'n',
    above: 0,
    isWhole: false,
    help: 'hourly price of one device; adds correct answers per second, GiB, joule and unit of money',
  }),
  pareto: custom<readonly FactorName[]>({
    argument: 'factors',
    help: 'Pareto front of these factors, such as acc,thr: the models that no other model beats',
    expected: 'at least two of acc, thr, lat, mem',
    parse: parseFactors,
  }),
  requiredAccuracy: flag({ help: 'accuracy that each model would need to rank first' }),
  card: flag({ help: 'robustness of the ranking: weights, anchors, newcomers, models and factors left out' }),
} as const;

export type ScoringOptions = typeof scoringOptions;

export const tasksOption = texts({
  short: 't',
  argument: 'task',
  isCommaSeparated: true,
  help: 'only these tasks (repeatable or comma-separated)',
  completion: 'task',
});

export const compareOptions = {
  task: tasksOption,
  items: withDefault(
    number({ short: 'n', argument: 'n', min: 0, help: 'regressions and improvements to list per task' }),
    10,
  ),
  all: flag({ help: 'list every regression and improvement' }),
} as const;

export const gateOptions = {
  baseline: text({
    argument: 'run|file',
    help: 'baseline: a run, run:model, :model of the newest run, latest~1, or an exported run (.json)',
    completion: 'run or file',
  }),
  candidate: text({
    argument: 'run|file',
    help: 'run to check, written like the baseline',
    defaultText: 'the newest run',
    completion: 'run or file',
  }),
  task: tasksOption,
  ...limitFlags(gateLimitNames, 'accuracy drop <= 0.01'),
  advisory: texts({
    argument: 'limit',
    help: 'limit that is checked and shown but never fails the gate, such as "latency rise <= 10%" (repeatable)',
  }),
  inconclusive: withDefault(
    choice({
      argument: 'rule',
      choices: ['report', 'pass', 'fail'],
      help: 'how to treat an inconclusive result; report exits with code 6',
    }),
    'report',
  ),
  annotations: withDefault(
    choice({
      argument: 'when',
      choices: ['auto', 'github', 'none'],
      help: 'GitHub Actions annotations and step summary; auto: only when running there',
    }),
    'auto',
  ),
} as const;

function parseWeightedTasks(value: string): readonly WantedTask[] | undefined {
  const parsed = listParts(value).map((part): WantedTask | undefined => {
    const [, name = '', weight] = /^\s*([^=\s]+)\s*(?:=\s*([\d.]+))?\s*$/.exec(part) ?? [];
    if (name === '' || (weight !== undefined && !(Number(weight) > 0))) return undefined;
    return { name, weight: weight === undefined ? undefined : Number(weight) };
  });
  const tasksOnly = parsed.filter((task) => task !== undefined);
  return tasksOnly.length === parsed.length && parsed.length > 0 ? tasksOnly : undefined;
}

/** Alone, what measured the model serves it. */
const serverOption = {
  ...optionalText({
    argument: 'server',
    help: `print the command that serves the recommended model as it was measured, with ${serverPresetNames.join(', ')}`,
    defaultText: 'what measured it',
  }),
  expected: `nothing or one of ${serverPresetNames.join(', ')}`,
  parse: (value: string) => (value === '' ? value : serverPresetNames.find((name) => name === value)),
} satisfies Option<unknown> as Option<ServerPresetName | '' | undefined>;

export const decideOptions = {
  task: custom<readonly WantedTask[]>({
    short: 't',
    argument: 'task=weight',
    expected: 'tasks with weights above 0, such as gsm8k=2,arc_easy=1',
    help: 'tasks to decide on, comma-separated; with weights one answer for all, else one for each',
    defaultText: 'all, one by one',
    parse: parseWeightedTasks,
  }),
  ...limitOptions,
  pricePerHour,
  score: scoringOptions.score,
  anchors: scoringOptions.anchors,
  weights: scoringOptions.weights,
  serve: serverOption,
  as: choice({
    argument: 'form',
    choices: servingForms,
    help: 'how the serving command is written; implies --serve',
    defaultText: 'shell, of ollama modelfile; by the ending of --out',
  }),
  model: text({
    argument: 'name',
    help: 'model to serve, whatever is recommended',
    defaultText: 'the recommended one',
  }),
  brief: texts({
    argument: 'file',
    help: 'brief with answer, numbers, limits and how to serve it: .md, .html or .json (repeatable)',
  }),
  table: text({
    argument: 'file',
    help: 'decide on a CSV table of measurements instead of a run',
    completion: 'file',
  }),
} as const;
