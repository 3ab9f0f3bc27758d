import { gateLimitNames } from '../../core/limits.ts';
import type { Command } from '../options/command.ts';
import { choice, custom, flag, number, text, texts, withDefault } from '../options/option.ts';
import { limitFlags, limitOptions, scoringOptions } from './scoring-options.ts';

const tasks = texts({
  short: 't',
  argument: 'task',
  isCommaSeparated: true,
  help: 'only these tasks (repeatable, or joined by commas)',
  completion: 'task',
});

export const compareOptions = {
  task: tasks,
  items: withDefault(
    number({ short: 'n', argument: 'n', min: 0, help: 'regressions and improvements listed of each task' }),
    10,
  ),
  all: flag({ help: 'list every regression and improvement' }),
} as const;

export const gateOptions = {
  baseline: text({
    argument: 'run',
    help: 'what is held against: a run, run:model, or :model of the newest run',
    completion: 'run',
  }),
  candidate: text({
    argument: 'run',
    help: 'what is judged: a run, run:model, or :model of the newest run',
    defaultText: 'the newest run',
    completion: 'run',
  }),
  task: tasks,
  ...limitFlags(gateLimitNames),
  inconclusive: withDefault(
    choice({
      argument: 'rule',
      choices: ['report', 'pass', 'fail'],
      help: 'what it means when the numbers do not decide; report ends with exit code 6',
    }),
    'report',
  ),
  annotations: withDefault(
    choice({
      argument: 'when',
      choices: ['auto', 'github', 'none'],
      help: 'annotations and step summary of GitHub Actions; auto: where it runs there',
    }),
    'auto',
  ),
} as const;

/** A task with the weight that it counts with: `gsm8k=2`. */
export interface WeightedTask {
  readonly name: string;
  readonly weight: number;
}

function parseWeightedTasks(value: string): readonly WeightedTask[] | undefined {
  const parsed = value.split(',').map((part): WeightedTask | undefined => {
    const [, name = '', weight = '1'] = /^\s*([^=\s]+)\s*(?:=\s*([\d.]+))?\s*$/.exec(part) ?? [];
    return name !== '' && Number(weight) > 0 ? { name, weight: Number(weight) } : undefined;
  });
  const tasksOnly = parsed.filter((task) => task !== undefined);
  return tasksOnly.length === parsed.length ? tasksOnly : undefined;
}

export const decideOptions = {
  task: custom<readonly WeightedTask[]>({
    short: 't',
    argument: 'task=weight',
    expected: 'tasks with weights above 0, such as gsm8k=2,arc_easy=1',
    help: 'tasks that count, joined by commas, each with a weight where they count differently (default: all alike)',
    parse: parseWeightedTasks,
  }),
  ...limitOptions,
  pricePerHour: number({
    argument: 'price',
    min: 0.000_001,
    isWhole: false,
    help: "price of one device for an hour (default: what the run's suite says)",
  }),
  score: withDefault(
    choice({
      argument: 'name',
      choices: ['per-a', 'per-paper'],
      help: 'what decides among the models that pass; per-paper depends on which models are in the set',
    }),
    'per-a',
  ),
  anchors: scoringOptions.anchors,
  weights: scoringOptions.weights,
  table: text({
    argument: 'file',
    help: "decide on a CSV of anybody's measurements instead of a run",
    completion: 'file',
  }),
} as const;

const side = { isOptional: false, completion: 'run' } as const;

export const decisionCommands: readonly Command[] = [
  {
    name: 'decide',
    group: 'Decide',
    summary: 'recommend a model for tasks under constraints',
    details:
      'For one task, or several with weights. Names the model with the highest score among those that pass every constraint, the runner-up, how sure that is, and what would change the answer. Exit code 4 where no model passes, 3 where none could be scored.',
    arguments: [
      {
        name: 'run',
        help: 'id of a run, or its beginning; by default the newest',
        isOptional: true,
        completion: 'run',
      },
    ],
    options: decideOptions,
    examples: [
      'perbench decide -t gsm8k=2,arc_easy=1 --max-memory 2GiB',
      'perbench decide 20261124-1630 --min-accuracy 0.7 --max-latency-p95 500ms',
      'perbench decide --table table.csv --anchors paper-gpu',
    ],
  },
  {
    name: 'compare',
    group: 'Decide',
    summary: 'compare two runs or models item by item',
    details:
      'Says what got better, what got worse, and what nobody can tell. A and B are runs, or models of runs as run:model; latest is the newest run, and :model is a model of it. One model against one is compared whatever they are called, several against several by name.',
    arguments: [
      { ...side, name: 'a', help: 'what is held against: a run, run:model, :model of the newest run, or latest' },
      { ...side, name: 'b', help: 'the candidate, named in the same way' },
    ],
    options: compareOptions,
    examples: [
      'perbench compare 20261124-1630 20261125-0910',
      'perbench compare :smollm2-135m-instruct :qwen2.5-coder-0.5b-instruct -t gsm8k',
      'perbench compare 20261124 latest --all -o compare.md',
    ],
  },
  {
    name: 'gate',
    group: 'Decide',
    summary: 'hold a run against a baseline and limits',
    details:
      'Limits come from flags, else from the section gates of the suite file (--config, or the one that the candidate was run with). Each is decided by a 95 % interval, never by a point: it passes where the whole interval is within the limit, fails where the whole interval is beyond it, and is inconclusive otherwise. Exit codes: 0 passed, 4 failed, 6 inconclusive.',
    arguments: [],
    options: gateOptions,
    examples: [
      'perbench gate --baseline 20261124-1630 --max-accuracy-drop 0.01 --max-throughput-drop 5%',
      'perbench gate --baseline 20261124-1630 --candidate latest -c perbench.yaml -o gate.junit.xml',
    ],
  },
];
