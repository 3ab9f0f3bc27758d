import { type Scoreboard, type ScoreboardRow, valueOf, type WeightSettings } from '../scoreboard.ts';

/** A model's name without what tells its settings: `qwen3 (thinking off)`. */
function nameOfWeights(model: string): string {
  return model.replace(/\s+\([^()]*\)$/u, '');
}

function tokensOf({ measurements }: ScoreboardRow): number | undefined {
  return valueOf(measurements.tokensPerAnswer);
}

/**
 * Models of a scoreboard that share their weights, as far as accuracy and tokens per answer are known.
 *
 * @param weightsOf what tells whether weights are the same, such as a checksum; undefined where nobody knows
 */
export function settingsOfWeights(
  { rows }: Pick<Scoreboard, 'rows'>,
  weightsOf: (model: string) => string | undefined,
): readonly WeightSettings[] {
  const known = rows.filter(
    (row) =>
      row.state === 'done' &&
      valueOf(row.measurements.accuracy) !== undefined &&
      tokensOf(row) !== undefined &&
      weightsOf(row.model) !== undefined,
  );
  return Array.from(Map.groupBy(known, ({ model }) => weightsOf(model)).values(), (own) =>
    own.toSorted((left, right) => (tokensOf(left) ?? 0) - (tokensOf(right) ?? 0)),
  )
    .filter(({ length }) => length > 1)
    .map((own) => ({ name: nameOfWeights(own[0]?.model ?? ''), models: own.map(({ model }) => model) }));
}
