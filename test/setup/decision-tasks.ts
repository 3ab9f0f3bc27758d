import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paperAnchors, type Anchors } from '../../src/scoring/anchors.ts';
import { createScoreboards } from '../../src/scoring/create-scoreboards.ts';
import { boardReplicates } from '../../src/scoring/board-ranking.ts';
import type { AskedTask } from '../../src/scoring/answer-support.ts';
import { judgeScoreboard } from '../../src/scoring/judge-scoreboard.ts';
import { scoreTable } from '../../src/formats/score-table.ts';
import type { ScoreboardCell } from '../../src/scoring/scoreboard.ts';
import { launchNotes } from '../../src/scoring/task-evidence.ts';
import type { AnswerFacts } from '../../src/scoring/answer.ts';

const paper = scoreTable(readFileSync(join(import.meta.dirname, '../../data/paper.csv'), 'utf8'), {
  anchors: paperAnchors,
});

/** A task of the paper's table, with its anchors. */
export function paperTask(taskId: string, weight = 1): AskedTask {
  const board = paper.scoreboards.find((candidate) => candidate.taskId === taskId);
  if (board === undefined) throw new Error(`no ${taskId}`);
  return { board: judgeScoreboard(board), weight, replicates: undefined };
}

const anchors: Anchors = { trivialAccuracy: 0.25, throughput: 10, latency: 100, memory: 1000 };
const set = {
  version: 'test',
  summary: 'for tests',
  tasks: { t: { ...anchors, throughputUnit: 'items/s' as const, latencyUnit: 'ms' as const } },
};

export interface Made {
  readonly model: string;
  readonly right: number;
  readonly speed: number;
  readonly launches?: number;
}

/** A task with answers and launches: `right` of 400 items, one after the other. */
export function madeTask(models: readonly Made[], cellChange: Partial<ScoreboardCell> = {}): AskedTask {
  const items = 400;
  const cells = models.map(({ model, right, speed }): ScoreboardCell => ({
    model,
    taskId: 't/per@1',
    protocol: 'serving',
    state: 'done',
    measurements: {
      accuracy: {
        status: 'measured',
        value: right / items,
        unit: 'ratio',
        n: items,
        warnings: [],
        interval: { low: right / items - 0.05, high: right / items + 0.05, level: 0.95, method: 'm' },
      },
      throughput: { status: 'measured', value: speed, unit: 'items/s', n: 3, warnings: [] },
      latency: { status: 'measured', value: 1000 / speed, unit: 'ms', n: 3, warnings: [] },
      memory: { status: 'measured', value: 1000, unit: 'bytes', n: 3, warnings: [] },
    },
    ...cellChange,
  }));
  const [board] = createScoreboards(cells, { anchors: set });
  const launched = models.map(({ model, right, speed, launches = 3 }) => ({
    model,
    scores: Float64Array.from({ length: items }, (_, item) => ((item * 7919) % items < right ? 1 : 0)),
    launches: Array.from({ length: launches }, (_, launch) => {
      const factor = 1 + launch / 100;
      return { throughput: speed * factor, latency: (1000 / speed) * factor, memory: 1000 * factor };
    }),
  }));
  const notes = launchNotes(launched, false);
  if (board === undefined) throw new Error('no board');
  const answers = new Map(
    models.map(({ model, right }): [string, AnswerFacts] => [
      model,
      {
        items,
        right,
        independentItems: items,
        unreadable: 0,
        firstUnreadable: undefined,
        labels: undefined,
      },
    ]),
  );
  const evidence = { models: launched, clusters: undefined, items, answers, isInRounds: false, notes };
  const resamples = 300;
  return {
    board: judgeScoreboard(board, { evidence, resamples }),
    weight: 1,
    replicates: boardReplicates(board, evidence, { resamples }),
  };
}
