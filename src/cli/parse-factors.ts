import { factorLabels, factorNames, type FactorName, type Factors } from '../scoring/factor.ts';

/** A factor by its name or its label, in any case: `acc`, `ACC`, `accuracy`. */
function factorOf(text: string): FactorName | undefined {
  const wanted = text.trim().toLowerCase();
  return factorNames.find((factor) => factor === wanted || factorLabels[factor].toLowerCase() === wanted);
}

/** `acc,thr` as factors; undefined where one isn't known, comes twice, or is alone. */
export function parseFactors(text: string): readonly FactorName[] | undefined {
  const factors = text.split(',').map(factorOf);
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
export function parseWeights(text: string): Factors | undefined {
  const named = new Map<FactorName, number>();
  for (const part of text.split(',')) {
    const [, name = '', digits = ''] = /^\s*(\w+)\s*=\s*(\d+\.?\d*|\.\d+)\s*$/u.exec(part) ?? [];
    const factor = factorOf(name);
    if (factor === undefined || named.has(factor)) return undefined;
    named.set(factor, Number(digits));
  }
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
