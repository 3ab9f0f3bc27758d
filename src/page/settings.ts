import { quantities } from '../core/quantities.ts';
import { freezeAnchors, type Anchors } from '../scoring/anchors.ts';
import { scoredRows, valueOf, type Scoreboard } from '../scoring/scoreboard.ts';
import { factorNames, perFactor, type FactorName, type Factors } from '../scoring/factor.ts';
import { equalWeights } from '../scoring/per-anchored.ts';
import { normalWeights, type ScoreSettings } from './rescore.ts';

/** The reader's choices as the page's controls hold them. */
export interface Choices {
  readonly score: 'anchored' | 'paper';
  /** 0 to 100 each; only their ratios count. */
  readonly weights: Factors;
  /** 0 to 1. */
  readonly accuracyGate: number;
  /** Each anchor is moved by two to this power. */
  readonly anchorSteps: Readonly<Record<'throughput' | 'latency' | 'memory', number>>;
}

/** What the report was written with. */
export function defaultChoices(boards: readonly Scoreboard[]): Choices {
  const weights = boards.find((board) => board.weights !== undefined)?.weights ?? equalWeights;
  return {
    score: boards.some(({ anchors }) => anchors !== undefined) ? 'anchored' : 'paper',
    weights: perFactor((factor) => weights[factor] * 100),
    accuracyGate: 0,
    anchorSteps: { throughput: 0, latency: 0, memory: 0 },
  };
}

function numbersIn(text: string | undefined, count: number): readonly number[] | undefined {
  const numbers = text?.split('_').map(Number);
  return numbers?.length === count && numbers.every(Number.isFinite) ? numbers : undefined;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Choices out of the address; what can't be read there is the default. */
export function choicesFrom(params: ReadonlyMap<string, string>, defaults: Choices): Choices {
  const score = params.get('score');
  const weights = numbersIn(params.get('weights'), 4)?.map((weight) => clamp(weight, 0, 100));
  const steps = numbersIn(params.get('anchors'), 3)?.map((step) => clamp(step, -4, 4));
  const gate = quantities.share.parse(params.get('gate') ?? '') ?? 0;
  return {
    score: score === 'anchored' || score === 'paper' ? score : defaults.score,
    weights:
      weights === undefined ? defaults.weights : perFactor((factor) => weights[factorNames.indexOf(factor)] ?? 0),
    accuracyGate: clamp(gate, 0, 1),
    anchorSteps:
      steps === undefined
        ? defaults.anchorSteps
        : { throughput: steps[0] ?? 0, latency: steps[1] ?? 0, memory: steps[2] ?? 0 },
  };
}

/** Choices as the address holds them; defaults are empty. */
export function choiceParams(choices: Choices, defaults: Choices): Readonly<Record<string, string>> {
  const weights = factorNames.map((factor) => choices.weights[factor]);
  const { throughput, latency, memory } = choices.anchorSteps;
  const steps = [throughput, latency, memory];
  return {
    score: choices.score === defaults.score ? '' : choices.score,
    weights: factorNames.every((factor) => choices.weights[factor] === defaults.weights[factor])
      ? ''
      : weights.join('_'),
    gate: choices.accuracyGate === 0 ? '' : String(choices.accuracyGate),
    anchors: steps.every((step) => step === 0) ? '' : steps.join('_'),
  };
}

export function isDefault(choices: Choices, defaults: Choices): boolean {
  return Object.values(choiceParams(choices, defaults)).every((value) => value === '');
}

/** Anchors of a scoreboard that has none: the medians of its own models, so that PER-A can be tried out. */
function trialAnchors(board: Scoreboard): Anchors | undefined {
  const rows = scoredRows(board).flatMap(({ measurements }) => {
    const values = factorNames.map((factor): [FactorName, number | undefined] => [
      factor,
      valueOf(measurements[factor]),
    ]);
    if (values.some(([, value]) => value === undefined || !(value > 0))) return [];
    return [Object.fromEntries(values) as Record<FactorName, number>];
  });
  if (rows.length === 0) return undefined;
  const memories = rows.map(({ memory }) => memory).toSorted((left, right) => left - right);
  const memoryBudget = memories[Math.floor(memories.length / 2)] ?? 0;
  return freezeAnchors(rows, { trivialAccuracy: 0, memoryBudget });
}

/** What the choices mean on one scoreboard. */
export function boardSettings(choices: Choices, board: Scoreboard): ScoreSettings {
  const base = choices.score === 'paper' ? undefined : (board.anchors ?? trialAnchors(board));
  const { throughput, latency, memory } = choices.anchorSteps;
  return {
    weights: normalWeights(choices.weights),
    accuracyGate: choices.accuracyGate,
    anchors: base && {
      trivialAccuracy: base.trivialAccuracy,
      throughput: base.throughput * 2 ** throughput,
      latency: base.latency * 2 ** latency,
      memory: base.memory * 2 ** memory,
    },
  };
}
