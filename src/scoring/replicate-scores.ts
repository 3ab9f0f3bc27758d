import { checkAnchors, type Anchors } from './anchors.ts';
import { factorNames, isLessBetter, type FactorName, type Factors } from './factor.ts';
import { checkWeights } from '../stats/geometric-mean.ts';
import { equalWeights } from './per-anchored.ts';

/** Raw values of every replicate, by replicate and then by model. */
export type ReplicateValues = Readonly<Record<FactorName, Float64Array>>;

function weightList(weights: Factors): number[] {
  const list = factorNames.map((factor) => weights[factor]);
  checkWeights(list, factorNames.length);
  return list;
}

/** PER-A of every replicate; the same formula as `anchoredScore`, without an object for each number. */
export function anchoredReplicates(
  values: ReplicateValues,
  anchors: Anchors,
  weights: Factors = equalWeights,
): Float64Array {
  checkAnchors(anchors);
  const [wA = 0, wT = 0, wL = 0, wM = 0] = weightList(weights);
  const { trivialAccuracy: c, throughput: t0, latency: l0, memory: m0 } = anchors;
  const { accuracy, throughput, latency, memory } = values;
  return Float64Array.from(accuracy, (a, index) => {
    const t = throughput[index] as number;
    const acc = Math.max(0, (a - c) / (1 - c)) ** wA;
    return (
      acc *
      (t / (t + t0)) ** wT *
      (l0 / (l0 + (latency[index] as number))) ** wL *
      (m0 / (m0 + (memory[index] as number))) ** wM
    );
  });
}

/** PER-paper of every replicate, each scaled over its own set; the same formula as `perPaper`. */
export function paperReplicates(
  values: ReplicateValues,
  models: number,
  weights: Factors = equalWeights,
): Float64Array {
  const list = weightList(weights);
  const out = new Float64Array(values.accuracy.length).fill(1);
  for (const [position, factor] of factorNames.entries()) {
    const column = values[factor];
    const weight = list[position] as number;
    for (let offset = 0; offset < column.length; offset += models) {
      let [low, high] = [Infinity, -Infinity];
      for (let index = offset; index < offset + models; index += 1) {
        const value = column[index] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (low === high) continue;
      const best = isLessBetter[factor] ? low : high;
      const worst = isLessBetter[factor] ? high : low;
      for (let index = offset; index < offset + models; index += 1) {
        const scaled = ((column[index] as number) - worst) / (best - worst);
        out[index] = (out[index] as number) * scaled ** weight;
      }
    }
  }
  return out;
}
