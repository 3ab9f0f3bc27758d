import type { Measurement, Unit, Warning } from '../../src/core/measurement.ts';
import type { AnchorSet } from '../../src/scoring/anchors.ts';
import { createScoreboards } from '../../src/scoring/create-scoreboards.ts';
import { judgeScoreboard, type JudgeOptions } from '../../src/scoring/judge-scoreboard.ts';
import type { Scoreboard, ScoreboardCell, ScoreboardTask } from '../../src/scoring/scoreboard.ts';
import { launchNotes } from '../../src/scoring/task-evidence.ts';
import type { AnswerFacts } from '../../src/scoring/answer.ts';
import { independentItems } from '../../src/scoring/usable.ts';
import { scoreInterval } from '../../src/stats/score-interval.ts';

/** A model as a run left it. */
export interface Judged {
  readonly model: string;
  /** Of the items, one after the other. */
  readonly scores: readonly number[];
  /** Items per second of each launch; latency is its inverse. */
  readonly speeds: readonly number[];
  readonly memory?: number;
  /** Of the speeds. */
  readonly warnings?: readonly Warning[];
  readonly facts?: Partial<AnswerFacts>;
}

/** `right` of `items` items, spread over them; another `seed` takes others. */
export function rightOf(right: number, items: number, seed = 7919): number[] {
  const order = Array.from({ length: items }, (_, item) => item).toSorted(
    (left, other) => ((left * seed + 13) % 9973) - ((other * seed + 13) % 9973),
  );
  const chosen = new Set(order.slice(0, right));
  return Array.from({ length: items }, (_, item) => (chosen.has(item) ? 1 : 0));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const geometricMean = (values: readonly number[]): number => Math.exp(meanOf(values.map(Math.log)));

function measured(value: number, unit: Unit, n: number, warnings: readonly Warning[] = []): Measurement {
  return { status: 'measured', value, unit, n, warnings };
}

const gibibyte = 2 ** 30;

/** A scoreboard with everything that a run in a store would have behind it. */
export function judgedBoard(
  models: readonly Judged[],
  { task, anchors, ...options }: JudgeOptions & { task?: ScoreboardTask; anchors?: AnchorSet } = {},
): Scoreboard {
  const cells = models.map(({ model, scores, speeds, memory = gibibyte, warnings }): ScoreboardCell => {
    const speed = geometricMean(speeds);
    return {
      model,
      taskId: 'toy/per@1',
      protocol: 'serving',
      state: 'done',
      measurements: {
        accuracy: {
          status: 'measured',
          value: meanOf(scores),
          unit: 'ratio',
          n: scores.length,
          interval: scoreInterval(scores),
          warnings: [],
        },
        throughput: measured(speed, 'items/s', speeds.length, warnings),
        latency: measured(1000 / speed, 'ms', speeds.length, warnings),
        memory: measured(memory, 'bytes', speeds.length),
      },
    };
  });
  const [board] = createScoreboards(cells, { anchors, ...(task && { tasks: { 'toy/per@1': task } }) });
  if (board === undefined) throw new Error('no board');
  const launched = models.map(({ model, scores, speeds, memory = gibibyte }) => ({
    model,
    scores,
    launches: speeds.map((speed) => ({ throughput: speed, latency: 1000 / speed, memory })),
  }));
  const notes = launchNotes(launched, false);
  const answers = new Map(
    models.map(({ model, scores, facts }): [string, AnswerFacts] => [
      model,
      {
        items: scores.length,
        right: scores.reduce((sum, score) => sum + score, 0),
        independentItems: independentItems(scores, undefined),
        unreadable: 0,
        firstUnreadable: undefined,
        labels: undefined,
        ...facts,
      },
    ]),
  );
  const items = models[0]?.scores.length ?? 0;
  return judgeScoreboard(board, {
    ...options,
    evidence: { models: launched, clusters: undefined, items, answers, isInRounds: false, notes },
  });
}

/** Four models, two of them usable; the fast one has the highest score unless the good ones have almost all right. */
export function fastButUnproven(good = 150): Scoreboard {
  const speeds = (factor: number): readonly number[] => [10, 10.1, 9.9].map((speed) => speed * factor);
  const models = [
    { model: 'fast', scores: rightOf(108, 200, 31), speeds: speeds(8) },
    { model: 'good', scores: rightOf(good, 200), speeds: speeds(1) },
    { model: 'fair', scores: rightOf(good - 4, 200, 17), speeds: speeds(1) },
    { model: 'wrong', scores: rightOf(60, 200, 13), speeds: speeds(30) },
  ];
  return judgedBoard(models, { task: { chance: 0.5 } });
}
