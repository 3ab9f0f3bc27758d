import { expect, it } from 'vitest';
import { toyLetters, toyPlan } from '../../test/run/toy-plan.ts';
import { resolvedTask } from '../../test/setup/resolved-task.ts';
import type { Sample } from '../core/sample.ts';
import type { Task } from '../core/task.ts';
import { type AnswerWatch, watchAnswers } from './answer-watch.ts';

const answered = {
  output: 'none',
  answer: undefined,
  isUnparsed: true,
  score: 0,
  failure: undefined,
  cut: undefined,
} as unknown as Sample;

async function* none(): AsyncGenerator<Sample> {
  yield* [];
}

async function watch(count: number, labels?: readonly string[], own?: Task['own']): Promise<AnswerWatch> {
  const task = { ...toyLetters, dataset: undefined, labels, own } as Task;
  const [planned] = toyPlan({ tasks: [task], count }).tasks;
  if (planned === undefined) throw new Error('no task');
  return watchAnswers({ planned, stored: none(), asked: count });
}

function show(watching: AnswerWatch, samples: readonly Sample[]): void {
  for (const sample of samples) watching.see(sample);
}

const times = (count: number, change: Partial<Sample> = {}): readonly Sample[] =>
  Array.from({ length: count }, () => ({ ...answered, ...change }));

it('counts neither answers that were cut nor requests that failed', async () => {
  const watching = await watch(60);
  show(watching, times(10));
  show(watching, times(15, { cut: 'budget_cut' }));
  show(watching, times(15, { failure: { reason: 'engine', message: 'gone' } }));
  show(watching, times(9));
  expect([watching.unusable.aborted, watching.isUndecided, watching.verdict()]).toEqual([false, true, undefined]);
  show(watching, times(1));
  expect([watching.unusable.aborted, watching.isUndecided]).toEqual([true, false]);
  expect(watching.verdict()?.message).toMatch(/^none of the first 20 answers could be read/);
});

it('stands by its verdict, whatever was still in flight', async () => {
  const watching = await watch(60);
  show(watching, [...times(20), ...times(1, { isUnparsed: false, answer: 'A', score: 1 })]);
  expect(watching.verdict()?.code).toBe('PB_ANSWERS');
});

it('takes one answer of use for enough, in any case and with spaces around it', async () => {
  const watching = await watch(60, ['Alpha', 'Beta']);
  show(watching, [...times(19, { isUnparsed: false, answer: 'gamma' })]);
  show(watching, [...times(1, { isUnparsed: false, answer: ' ALPHA ' }), ...times(40)]);
  expect(watching.verdict()).toBeUndefined();
});

it('counts answers that the scorer failed on, whatever it is for', async () => {
  const own = resolvedTask({ answer: 'free', score: { kind: 'module', path: '/score.ts', sha256: '' } });
  const failed = { isUnparsed: false, failure: { reason: 'scorer', message: '/score.ts: threw "boom"' } } as const;
  const watching = await watch(60, undefined, own);
  show(watching, times(20, failed));
  expect(watching.unusable.aborted).toBe(true);
  expect(watching.verdict()).toMatchObject({
    code: 'PB_ANSWERS',
    message: 'the scorer failed on the first 20 answers, the first time: /score.ts: threw "boom"',
    hint: 'Mend the scorer and start a new run, or go on with perbench resume --force.',
  });
  const sound = await watch(60, undefined, own);
  show(sound, [...times(19, failed), ...times(1, { isUnparsed: false }), ...times(30, failed)]);
  expect([sound.isUndecided, sound.verdict()]).toEqual([false, undefined]);
});

it('judges few items by all that could be answered', async () => {
  const watching = await watch(6);
  show(watching, [...times(3, { cut: 'content_filter' }), ...times(2)]);
  expect(watching.verdict()).toBeUndefined();
  show(watching, times(1));
  expect(watching.verdict()?.message).toMatch(/^none of the first 3 answers could be read/);
});

it('names a few labels of many, and shortens what came', async () => {
  const watching = await watch(
    60,
    Array.from({ length: 20 }, (_, index) => `label${index}`),
  );
  show(watching, times(20, { output: `\u001B[31m${'long '.repeat(50)}`, isUnparsed: false, answer: 'long' }));
  const message = watching.verdict()?.message ?? '';
  expect(message).not.toContain('\u001B');
  expect(message).toMatch(/^none of the first 20 answers is a label of the task: "\\u001b\[31mlong (?:long )+/);
  expect(message).toMatch(/…"; expected one of label0, .*label11 or 8 more$/);
  expect(message.length).toBeLessThan(500);
});
