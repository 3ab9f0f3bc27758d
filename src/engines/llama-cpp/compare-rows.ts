/** What two rows of logits say of one position. */
export interface RowDifference {
  /** Kullback-Leibler divergence of the second row from the first, in nats. */
  readonly divergence: number;
  /** Natural log-probability of the token that follows, by the first row and by the second. */
  readonly baseLogprob: number;
  readonly logprob: number;
  readonly isSameTop: boolean;
}

interface Highest {
  readonly token: number;
  readonly logit: number;
}

/** The first of the highest logits. */
function highestOf(row: Float32Array): Highest {
  let [token, logit] = [0, row[0] as number];
  for (let index = 1; index < row.length; index += 1) {
    const value = row[index] as number;
    if (value > logit) [token, logit] = [index, value];
  }
  return { token, logit };
}

/**
 * Compares rows of float32 logits in float64: sum of p (ln p - ln q), where p and q are the softmax of the rows.
 *
 * Equal rows give exactly 0, as every term is. Else terms of either sign are added, and a sum that rounding took below 0
 * counts as 0, since no divergence is negative.
 */
export function createRowComparison(vocabularySize: number) {
  const weights = new Float64Array(vocabularySize);
  return (base: Float32Array, row: Float32Array, token: number): RowDifference => {
    const [highBase, high] = [highestOf(base), highestOf(row)];
    let [sumBase, sum] = [0, 0];
    for (let index = 0; index < vocabularySize; index += 1) {
      const weight = Math.exp((base[index] as number) - highBase.logit);
      weights[index] = weight;
      sumBase += weight;
      sum += Math.exp((row[index] as number) - high.logit);
    }
    const logSumBase = highBase.logit + Math.log(sumBase);
    const logSum = high.logit + Math.log(sum);
    const shift = logSumBase - logSum;
    let divergence = 0;
    for (let index = 0; index < vocabularySize; index += 1) {
      const weight = weights[index] as number;
      // What has no probability adds nothing, also where both logits are -Infinity.
      if (weight > 0) divergence += weight * ((base[index] as number) - (row[index] as number) - shift);
    }
    return {
      // NaN stays NaN: whoever gets it says so.
      divergence: divergence < 0 ? 0 : divergence / sumBase,
      baseLogprob: (base[token] ?? Number.NaN) - logSumBase,
      logprob: (row[token] ?? Number.NaN) - logSum,
      isSameTop: highBase.token === high.token,
    };
  };
}
