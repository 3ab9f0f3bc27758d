import type { Measurement, Unit } from '../../src/core/measurement.ts';
import type { LossRecord } from '../../src/core/loss.ts';
import type { RaceVerdict } from '../../src/core/race.ts';
import { baseRow, createLadder, type Ladder, type LadderModel, ladderRow } from '../../src/scoring/ladder.ts';
import { cell } from './compared-cells.ts';

const items = 200;
const right = 120;

function measured(value: number, unit: Unit): Measurement {
  const interval = { low: value * 0.98, high: value * 1.02, level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n: 3, interval, warnings: [] };
}

/** A configuration of a model: how it answers, how large and how fast it is. */
export interface MadeModel {
  readonly model: string;
  readonly quantisation?: string | undefined;
  readonly fileMib?: number | undefined;
  readonly memoryMib?: number;
  readonly rate?: number;
  /** Right answers of the base that it has wrong, and wrong ones that it has right. */
  readonly lost?: number;
  readonly gained?: number;
  readonly klDivergence?: number;
  readonly verdict?: RaceVerdict;
  /** A race stopped it. */
  readonly isStopped?: boolean;
}

function lossOf(model: string, kl: number | undefined): LossRecord | undefined {
  if (kl === undefined) return undefined;
  return {
    model,
    base: 'q8',
    source: { kind: 'task', taskId: 't/per@1' },
    tokens: 12_345,
    texts: items,
    klDivergence: { value: kl, low: kl * 0.8, high: kl * 1.2 },
    klMedian: kl / 3,
    klP99: kl * 9,
    klMax: kl * 40,
    topAgreement: { value: 0.98, low: 0.97, high: 0.99 },
    basePerplexity: 12,
    perplexity: 12.6,
    perplexityRatio: { value: 1.05, low: 1.03, high: 1.07 },
  };
}

export function ladderModel(made: MadeModel): LadderModel {
  const { model, quantisation, fileMib, memoryMib = 500, rate = 10, lost = 0, gained = 0, isStopped = false } = made;
  const plain = cell(right, items);
  const answers = Array.from(plain.answers, ([id, answer], item) => {
    const score = item < lost ? 0 : item >= right && item < right + gained ? 1 : answer.score;
    return [id, { ...answer, score, answer: score === answer.score ? 'x' : 'z' }] as const;
  });
  const accuracy: Measurement = isStopped
    ? { status: 'unavailable', reason: 'stopped_early', detail: 'passed after 50 items' }
    : measured((right - lost + gained) / items, 'ratio');
  return {
    evidence: {
      ...plain,
      model,
      answers: new Map(answers),
      measurements: {
        accuracy,
        throughput: measured(rate, 'items/s'),
        latency: measured(1000 / rate, 'ms'),
        memory: measured(memoryMib * 2 ** 20, 'bytes'),
      },
      launches: { throughput: { unit: 'items/s', values: [rate, rate * 1.01, rate * 0.99] } },
    },
    size: {
      quantisation,
      fileBytes: fileMib && fileMib * 2 ** 20,
      bitsPerWeight: fileMib && (8.5 * fileMib) / 500,
    },
    loss: lossOf(model, made.klDivergence),
    verdict: made.verdict,
  };
}

/** The first is the base. */
export function madeLadder([base, ...others]: readonly [MadeModel, ...MadeModel[]]): Ladder {
  const own = ladderModel(base);
  const facts = { taskId: 't/per@1', title: 'Toy', protocol: 'serving', level: 0.95 } as const;
  const rows = others.map((other) => ladderRow(own, ladderModel(other), facts));
  return createLadder({ ...facts, runId: 'run', base: base.model, requantisedFrom: [] }, [baseRow(own), ...rows]);
}

export const usualLadder: readonly [MadeModel, ...MadeModel[]] = [
  { model: 'q8', quantisation: 'Q8_0', fileMib: 500, memoryMib: 600, rate: 10 },
  { model: 'q2', quantisation: 'Q2_K', fileMib: 300, memoryMib: 400, rate: 15, lost: 60, klDivergence: 0.5 },
  { model: 'q6', quantisation: 'Q6_K', fileMib: 450, memoryMib: 550, rate: 9, lost: 1, klDivergence: 0.002 },
  {
    model: 'q4',
    quantisation: 'Q4_K_M',
    fileMib: 400,
    memoryMib: 500,
    rate: 12,
    lost: 3,
    gained: 2,
    klDivergence: 0.03,
  },
];
