import type { ModelFacts } from '../core/manifest.ts';
import type { RunRecord } from '../core/store.ts';
import type { SettingDifference } from '../stats/comparison.ts';

/** One side of a comparison: a model within a run. */
export interface MadeWith {
  readonly run: RunRecord;
  readonly model: string;
}

type Affects = SettingDifference['affects'];
type Read = (side: MadeWith, taskId: string) => unknown;

const modelFacts = ({ run, model }: MadeWith): ModelFacts | undefined => run.manifest.models[model];

/** Of one sha256, as much as people compare. */
function short(hash: string | undefined): string | undefined {
  return hash?.slice(0, 12);
}

/** Everything that makes two cells hard to compare where it differs. The model itself isn't in it: it is the question. */
const settings: readonly (readonly [what: string, affects: Affects, read: Read])[] = [
  ['protocol', 'both', ({ run }) => run.protocol],
  ['data (sha256)', 'answers', ({ run }, task) => short(run.manifest.tasks[task]?.dataSha256)],
  ['item list (sha256)', 'answers', ({ run }, task) => short(run.manifest.tasks[task]?.itemIdsSha256)],
  ['items', 'both', ({ run }, task) => run.manifest.tasks[task]?.evaluatedItems],
  ['examples in each prompt', 'both', ({ run }, task) => run.manifest.tasks[task]?.shots],
  ['seed', 'both', ({ run }) => run.manifest.seed],
  ['engine build', 'both', (side) => modelFacts(side)?.engineBuild],
  ['devices of the engine', 'performance', (side) => modelFacts(side)?.devices?.join(', ')],
  ['threads', 'performance', (side) => modelFacts(side)?.threads],
  ['sequences at once', 'performance', ({ run }) => run.suite.concurrency],
  ['engine starts', 'performance', ({ run }) => run.suite.launches],
  ['length of throughput windows, s', 'performance', ({ run }) => run.suite.windowSeconds],
  ['tokens per sequence', 'performance', ({ run }) => run.suite.contextTokens],
  ['CPU', 'performance', ({ run }) => run.manifest.host.cpuModel],
  ['cores', 'performance', ({ run }) => run.manifest.host.cpuQuotaCores ?? run.manifest.host.cores],
  ['GPUs', 'performance', ({ run }) => run.manifest.host.gpus.join(', ')],
  ['memory of the host', 'performance', ({ run }) => `${(run.manifest.host.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
  ['governor', 'performance', ({ run }) => run.manifest.host.governor],
  ['kernel', 'performance', ({ run }) => run.manifest.host.kernel],
  ['version of perbench', 'both', ({ run }) => run.manifest.perbenchVersion],
];

function text(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether both sides turn an item into the same text: then equal items must have equal prompts. */
export function rendersAlike(a: MadeWith, b: MadeWith): boolean {
  const [left, right] = [modelFacts(a), modelFacts(b)];
  if (left === undefined || right === undefined) return false;
  return left.promptStyle === right.promptStyle && left.chatTemplateSha256 === right.chatTemplateSha256;
}

/** How two cells of a task were made differently, in words; empty where nothing that matters differs. */
export function settingDifferences(a: MadeWith, b: MadeWith, taskId: string): readonly SettingDifference[] {
  const own = settings.flatMap(([what, affects, read]): SettingDifference[] => {
    const [left, right] = [text(read(a, taskId)), text(read(b, taskId))];
    return left === right ? [] : [{ what, affects, a: left, b: right }];
  });
  return [...own, ...promptDifferences(a, b)];
}

/** The same weights under another template or style are another question; of different weights it is their nature. */
function promptDifferences(a: MadeWith, b: MadeWith): readonly SettingDifference[] {
  const [left, right] = [modelFacts(a), modelFacts(b)];
  if (left?.fileSha256 === undefined || left.fileSha256 !== right?.fileSha256) return [];
  const read: readonly (readonly [string, (facts: ModelFacts) => string | undefined])[] = [
    ['prompt style', ({ promptStyle }) => promptStyle],
    ['chat template (sha256)', ({ chatTemplateSha256 }) => short(chatTemplateSha256)],
    ['tokenizer (sha256)', ({ tokenizerSha256 }) => short(tokenizerSha256)],
  ];
  return read
    .map(([what, of]) => ({ what, affects: 'answers' as const, a: text(of(left)), b: text(of(right)) }))
    .filter(({ a: one, b: other }) => one !== other);
}
