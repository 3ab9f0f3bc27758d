import type { Cell } from '../core/cell.ts';
import type { LossRecord } from '../core/loss.ts';
import type { Store } from '../core/store.ts';
import type { LossRow } from '../present/loss-document.ts';
import { answerFlips, type FlippedAnswer } from '../scoring/answer-flips.ts';
import { pairedChange } from '../scoring/paired-answers.ts';

const level = 0.95;

async function answersOf(store: Pick<Store, 'scores'>, cellId: string): Promise<ReadonlyMap<string, FlippedAnswer>> {
  const answers = new Map<string, FlippedAnswer>();
  for await (const { itemId, value, answer, cluster } of store.scores(cellId)) {
    answers.set(itemId, { score: value, answer, cluster });
  }
  return answers;
}

/** A record of loss with what became of the answers that both have stored; a text file has none. */
export async function withFlips(
  store: Pick<Store, 'scores'>,
  cells: readonly Cell[],
  record: LossRecord,
): Promise<LossRow> {
  const { source, base, model } = record;
  if (source.kind === 'text') return { record, flips: undefined, change: undefined };
  const cellOf = (name: string): Cell | undefined =>
    cells.find((cell) => cell.model === name && cell.taskId === source.taskId);
  const [baseCell, cell] = [cellOf(base), cellOf(model)];
  if (baseCell === undefined || cell === undefined) return { record, flips: undefined, change: undefined };
  const [before, after] = [await answersOf(store, baseCell.id), await answersOf(store, cell.id)];
  const pairs = [...before].flatMap(([itemId, answer]) => {
    const other = after.get(itemId);
    return other === undefined ? [] : [{ a: answer, b: other }];
  });
  const [a, b] = [pairs.map((pair) => pair.a), pairs.map((pair) => pair.b)];
  const flips = answerFlips({ a, b }, level);
  if (flips === undefined) return { record, flips, change: undefined };
  const clusters = a.flatMap(({ cluster }) => cluster ?? []);
  const { change, interval } = pairedChange(
    a.map(({ score }) => score),
    b.map(({ score }) => score),
    { level, clusters: clusters.length === a.length ? clusters : undefined },
  );
  return { record, flips, change: { value: change, low: interval.low, high: interval.high } };
}
