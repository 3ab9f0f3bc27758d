import { describe, expect, it } from 'vitest';
import { ladderModel, madeLadder, usualLadder } from '../../test/setup/ladder-models.ts';
import type { LossRecord, LossSource } from '../core/loss.ts';
import type { RaceVerdict } from '../core/race.ts';
import { scoreInterval } from '../stats/score-interval.ts';
import { answerFlips } from './answer-flips.ts';
import { pairItems } from './compare-cells.ts';
import { type LadderRow, lossesOn } from './ladder.ts';
import { modelSize } from './model-size.ts';

const ladder = madeLadder(usualLadder);

function rowOf(model: string, { rows } = ladder): LadderRow {
  const row = rows.find((each) => each.model === model);
  if (row === undefined) throw new Error(`no row ${model}`);
  return row;
}

describe('a ladder', () => {
  it('has the base first, and the others from large to small', () => {
    expect(ladder.rows.map(({ model }) => model)).toEqual(['q8', 'q6', 'q4', 'q2']);
    expect(ladder).toMatchObject({ items: 200, x: 'size', y: 'kl', lossSource: { kind: 'task' } });
  });

  it('tells differences and flips by pairs, none of them of the base itself', () => {
    const { flips, accuracyDifference, speedRatio } = rowOf('q4');
    expect(accuracyDifference?.value).toBeCloseTo(-0.005, 12);
    expect(speedRatio?.value).toBeCloseTo(1.2, 10);
    expect([flips?.lost.count, flips?.gained.count, flips?.changed?.count, flips?.items]).toEqual([3, 2, 5, 200]);
    const wilson = scoreInterval(Array.from({ length: 200 }, (_, item) => (item < 5 ? 1 : 0)));
    expect(flips?.changed?.share).toEqual({ value: 0.025, low: wilson.low, high: wilson.high });
    expect(rowOf('q8')).toMatchObject({ standing: 'base', flips: undefined, loss: undefined, speedRatio: undefined });
  });

  it('marks what is shown to be worse, and the front of the rest', () => {
    const marks = ladder.rows.map(({ standing, isOnFront }) => [standing, isOnFront]);
    // q6 is larger and slower than q4; q8 is as well.
    expect(marks).toEqual([
      ['base', false],
      ['not_worse', false],
      ['not_worse', true],
      ['worse', false],
    ]);
  });

  it('goes by memory where files are alike or unknown', () => {
    const [base, ...others] = usualLadder;
    const served = madeLadder([{ ...base, fileMib: undefined }, ...others]);
    expect(served.x).toBe('memory');
    const oneFile = madeLadder([base, { ...base, model: 'q8 (kvCache q8_0)', memoryMib: 300 }]);
    expect(oneFile).toMatchObject({ x: 'memory', y: 'accuracy', lossSource: undefined });
    expect(rowOf('q8 (kvCache q8_0)', oneFile)).toMatchObject({ isOnFront: true, standing: 'not_worse' });
  });

  it('finds nothing between a model and itself', () => {
    const { answers } = ladderModel(usualLadder[0]).evidence;
    const flips = answerFlips(pairItems(answers, answers), 0.95);
    expect([flips?.lost.count, flips?.gained.count, flips?.changed?.count]).toEqual([0, 0, 0]);
    expect(flips?.changed?.share.value).toBe(0);
    expect(answerFlips(pairItems(answers, new Map()), 0.95)).toBeUndefined();
  });

  it('tells no mean of a model that a race stopped, but what its certificate leaves open', () => {
    const difference = { n: 50, flips: 1, accuracy: { kind: 'interval', low: -0.01, high: 0.02 } } as const;
    const verdict = {
      status: 'passed',
      isNamed: true,
      tau: 0.59,
      accuracy: { kind: 'interval', low: 0.5, high: 0.6 },
      difference,
    };
    const [base, , , near] = usualLadder;
    const of = (change: object) =>
      rowOf(
        'q4',
        madeLadder([
          base,
          { ...near, model: 'q4', isStopped: true, verdict: { ...verdict, ...change } as unknown as RaceVerdict },
        ]),
      );
    expect(of({})).toMatchObject({
      standing: 'not_worse',
      isNamed: true,
      isOnFront: true,
      accuracyDifference: undefined,
      flips: undefined,
      raceDifference: { low: -0.01, high: 0.02 },
      reason: 'q4: passed after 50 items',
    });
    expect(of({ status: 'eliminated' })).toMatchObject({ standing: 'worse', isOnFront: false });
    // Too late, which says nothing about its answers.
    expect(of({ status: 'eliminated', tau: null })).toMatchObject({ standing: 'unknown', isOnFront: false });
    // Another question, or another base: the race says nothing about this difference.
    expect(of({ difference: undefined })).toMatchObject({ standing: 'unknown', raceDifference: undefined });
  });

  it('says of whom numbers are missing, whatever the name', () => {
    const [base] = usualLadder;
    const strange = madeLadder([{ ...base, model: 'B $& q8', isStopped: true }, { model: 'q4' }]);
    expect(rowOf('q4', strange).reason).toBe('B $& q8: passed after 50 items');
  });
});

describe('losses', () => {
  const record = (model: string, base: string, source: LossSource, tokens: number): LossRecord => {
    const { loss } = ladderModel({ model, klDivergence: 0.1 });
    if (loss === undefined) throw new Error('a loss was asked for');
    return { ...loss, base, source, tokens };
  };
  const task = { kind: 'task', taskId: 'a/per@1' } as const;
  const text = (sha256: string) => ({ kind: 'text', name: `${sha256}.txt`, sha256 }) as const;
  const all = [
    record('q4', 'q8', task, 1),
    record('q4', 'q8', task, 2),
    record('q4', 'q6', task, 3),
    record('q4', 'q8', text('old'), 4),
    record('q2', 'q8', text('old'), 5),
    record('q4', 'q8', text('new'), 6),
  ];

  it('are those of the task from this base, the newest of each model', () => {
    expect([...lossesOn(all, 'q8', 'a/per@1').values()].map(({ tokens }) => tokens)).toEqual([2]);
  });

  it('are else those on one text, never on several', () => {
    expect([...lossesOn(all, 'q8', 'b/per@1').values()].map(({ tokens }) => tokens)).toEqual([6]);
    expect(lossesOn(all, 'q6', 'b/per@1').size).toBe(0);
  });
});

it('counts the bits of tensors by their numbers, and nothing where one is unknown', () => {
  // 32 weights of Q8_0 are 32 bytes and a scale of two.
  const facts = { quantisation: 'Q8_0', fileBytes: 4000, weightsBytes: 3400, parameters: 3200 };
  expect(modelSize(facts)).toEqual({ quantisation: 'Q8_0', fileBytes: 4000, bitsPerWeight: 8.5 });
  expect(modelSize({ ...facts, quantisation: 'Q3_K - Medium' }).quantisation).toBe('Q3_K_M');
  expect(modelSize({ ...facts, weightsBytes: undefined }).bitsPerWeight).toBeUndefined();
  expect(modelSize({ ...facts, parameters: 0 }).bitsPerWeight).toBeUndefined();
  expect(modelSize(undefined)).toEqual({ quantisation: undefined, fileBytes: undefined, bitsPerWeight: undefined });
});
