import { gateLimitKinds, type GateLimitName, parseLimit } from '../../core/gate-limits.ts';
import { defineCommand, type Command } from '../options/command.ts';
import { choice, custom, flag, number, text, texts, withDefault, type Option } from '../options/option.ts';

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

function limit(name: GateLimitName): Option<number | undefined> {
  const { help, expected } = gateLimitKinds[name];
  return custom<number>({ argument: 'limit', expected, help, parse: (value) => parseLimit(name, value) });
}

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
  maxAccuracyDrop: limit('maxAccuracyDrop'),
  maxThroughputDrop: limit('maxThroughputDrop'),
  maxLatencyRise: limit('maxLatencyRise'),
  maxLatencyP95Rise: limit('maxLatencyP95Rise'),
  maxMemoryRise: limit('maxMemoryRise'),
  minAccuracy: limit('minAccuracy'),
  minThroughput: limit('minThroughput'),
  maxLatency: limit('maxLatency'),
  maxLatencyP95: limit('maxLatencyP95'),
  maxMemory: limit('maxMemory'),
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

const side = { isOptional: false, completion: 'run' } as const;

export const decisionCommands: readonly Command[] = [
  defineCommand({
    name: 'compare',
    group: 'Decide',
    summary: 'compare two runs or two models item by item: what got better, what got worse, what nobody can tell',
    details:
      'A and B are runs, or models of runs as run:model; latest is the newest run, and :model is a model of it. One model against one is compared whatever they are called, several against several by name.',
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
    load: async () => (await import('../commands/compare.ts')).compare,
  }),
  defineCommand({
    name: 'gate',
    group: 'Decide',
    summary: 'check a run against a baseline and limits: exit code 0 passed, 4 failed, 6 inconclusive',
    details:
      'Limits come from flags, else from the section gates of the suite file (--config, or the one that the candidate was run with). Each is decided by a 95 % interval, never by a point: it passes where the whole interval is within the limit, fails where the whole interval is beyond it, and is inconclusive otherwise.',
    arguments: [],
    options: gateOptions,
    examples: [
      'perbench gate --baseline 20261124-1630 --max-accuracy-drop 0.01 --max-throughput-drop 5%',
      'perbench gate --baseline main.db-run --candidate latest -c perbench.yaml -o gate.junit.xml',
    ],
    load: async () => (await import('../commands/gate.ts')).gate,
  }),
];
