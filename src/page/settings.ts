import { limitKind, parseBound, type LimitName, type Limits } from '../core/limits.ts';
import { quantities } from '../core/quantities.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { factorNames, perFactor, type Factors } from '../scoring/factor.ts';
import { equalWeights } from '../scoring/per-anchored.ts';
import { normalWeights, type ScoreSettings } from './rescore.ts';

/** The reader's choices as the page's controls hold them. */
export interface Choices {
  readonly score: 'anchored' | 'paper';
  /** 0 to 100 each; only their ratios count. */
  readonly weights: Factors;
  /** Models that miss one can't be recommended. */
  readonly limits: Limits;
  /** Money per hour of one device: what prices are computed from. */
  readonly pricePerHour: number | undefined;
  /** Each anchor is moved by two to this power. */
  readonly anchorSteps: Readonly<Record<'throughput' | 'latency' | 'memory', number>>;
}

/** Limits that a reader sets by a slider or by typing. */
export const pageLimits = [
  'minAccuracy',
  'maxMemory',
  'maxLatency',
  'maxPrice',
] as const satisfies readonly LimitName[];
export type PageLimit = (typeof pageLimits)[number];

/** The settings that the address holds. */
export const choiceNames = ['score', 'weights', 'anchors', 'price', ...pageLimits] as const;

/** What the report was written with. */
export function defaultChoices(boards: readonly Scoreboard[]): Choices {
  const weights = boards.find((board) => board.weights !== undefined)?.weights ?? equalWeights;
  return {
    score: boards.some(({ anchors }) => anchors !== undefined) ? 'anchored' : 'paper',
    weights: perFactor((factor) => weights[factor] * 100),
    limits: boards.find(({ limits }) => limits !== undefined)?.limits ?? {},
    pricePerHour: boards.find(({ pricePerHour }) => pricePerHour !== undefined)?.pricePerHour,
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

/** A limit as the address has it, such as `2GiB`: what is typed into its field reads the same. */
export function boundText(name: LimitName, bound: number): string {
  return limitKind(name).format(bound).replaceAll(' ', '');
}

/** What takes a limit of the report away. */
const noLimit = 'none';

function limitsFrom(params: ReadonlyMap<string, string>, defaults: Limits): Limits {
  const own = pageLimits.flatMap((name): [LimitName, number | undefined][] => {
    const text = params.get(name);
    if (text === noLimit) return [[name, undefined]];
    const bound = text === undefined ? undefined : parseBound(name, text);
    return bound === undefined ? [] : [[name, bound]];
  });
  return { ...defaults, ...(Object.fromEntries(own) as Limits) };
}

function limitParams(limits: Limits, defaults: Limits): Readonly<Record<PageLimit, string>> {
  const text = (name: PageLimit): string => {
    const bound = limits[name];
    if (bound === defaults[name]) return '';
    return bound === undefined ? noLimit : boundText(name, bound);
  };
  return Object.fromEntries(pageLimits.map((name) => [name, text(name)])) as Record<PageLimit, string>;
}

/** An hourly price; undefined where the text is none. */
export function parsePrice(text: string): number | undefined {
  const price = quantities.amount.parse(text);
  return price !== undefined && price > 0 ? price : undefined;
}

/** Choices out of the address; what can't be read there is the default. */
export function choicesFrom(params: ReadonlyMap<string, string>, defaults: Choices): Choices {
  const score = params.get('score');
  const weights = numbersIn(params.get('weights'), 4)?.map((weight) => clamp(weight, 0, 100));
  const steps = numbersIn(params.get('anchors'), 3)?.map((step) => clamp(step, -4, 4));
  return {
    score: score === 'anchored' || score === 'paper' ? score : defaults.score,
    weights:
      weights === undefined ? defaults.weights : perFactor((factor) => weights[factorNames.indexOf(factor)] ?? 0),
    limits: limitsFrom(params, defaults.limits),
    pricePerHour: parsePrice(params.get('price') ?? '') ?? defaults.pricePerHour,
    anchorSteps:
      steps === undefined
        ? defaults.anchorSteps
        : { throughput: steps[0] ?? 0, latency: steps[1] ?? 0, memory: steps[2] ?? 0 },
  };
}

/** Choices as the address holds them; defaults are empty. */
export function choiceParams(
  choices: Choices,
  defaults: Choices,
): Readonly<Record<(typeof choiceNames)[number], string>> {
  const weights = factorNames.map((factor) => choices.weights[factor]);
  const { throughput, latency, memory } = choices.anchorSteps;
  const steps = [throughput, latency, memory];
  return {
    score: choices.score === defaults.score ? '' : choices.score,
    weights: factorNames.every((factor) => choices.weights[factor] === defaults.weights[factor])
      ? ''
      : weights.join('_'),
    ...limitParams(choices.limits, defaults.limits),
    price:
      choices.pricePerHour === undefined || choices.pricePerHour === defaults.pricePerHour
        ? ''
        : String(choices.pricePerHour),
    anchors: steps.every((step) => step === 0) ? '' : steps.join('_'),
  };
}

export function isDefault(choices: Choices, defaults: Choices): boolean {
  return Object.values(choiceParams(choices, defaults)).every((value) => value === '');
}

/** What the choices mean on one scoreboard. */
export function boardSettings(choices: Choices, board: Scoreboard): ScoreSettings {
  const base = choices.score === 'paper' ? undefined : board.anchors;
  const { throughput, latency, memory } = choices.anchorSteps;
  return {
    weights: normalWeights(choices.weights),
    limits: choices.limits,
    pricePerHour: choices.pricePerHour,
    anchors: base && {
      trivialAccuracy: base.trivialAccuracy,
      throughput: base.throughput * 2 ** throughput,
      latency: base.latency * 2 ** latency,
      memory: base.memory * 2 ** memory,
    },
  };
}
