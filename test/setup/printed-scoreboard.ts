import type { Measurement, Unit, Warning } from '../../src/core/measurement.ts';
import { reportDocument } from '../../src/present/report-document.ts';
import type { Report } from '../../src/present/report.ts';
import { terminalText, type TerminalOptions } from '../../src/present/terminal.ts';
import type { AnchorSet } from '../../src/scoring/anchors.ts';
import { createScoreboards } from '../../src/scoring/create-scoreboards.ts';
import { judgeScoreboard, type JudgeOptions } from '../../src/scoring/judge-scoreboard.ts';
import type { ScoreboardCell, ScoreboardTask } from '../../src/scoring/scoreboard.ts';
import type { BootstrapModel } from '../../src/scoring/bootstrap.ts';
import type { TaskEvidence } from '../../src/scoring/task-evidence.ts';

export const anchors: AnchorSet = {
  version: 'test/1',
  summary: '',
  tasks: {
    toy: {
      trivialAccuracy: 0.25,
      throughput: 10,
      throughputUnit: 'items/s',
      latency: 100,
      latencyUnit: 'ms',
      memory: 2 ** 30,
    },
  },
};

/** A number of three launches. */
export const number = (value: number, unit: Unit, warnings: readonly Warning[] = []): Measurement => ({
  status: 'measured',
  value,
  unit,
  n: 3,
  warnings,
});

type Change = Partial<Omit<ScoreboardCell, 'measurements'>> & Partial<ScoreboardCell['measurements']>;

/** A model that is in order, but for what the case is about. */
export function model(name: string, { state = 'done', error, ...measurements }: Change = {}): ScoreboardCell {
  return {
    model: name,
    taskId: 'toy/per@1',
    protocol: 'serving',
    state,
    error,
    measurements: {
      accuracy: number(0.7, 'ratio'),
      throughput: number(10, 'items/s'),
      latency: number(100, 'ms'),
      memory: number(2 ** 30, 'bytes'),
      ...measurements,
    },
  };
}

export const fast = { throughput: number(30, 'items/s'), latency: number(40, 'ms') };
export const small = { accuracy: number(0.4, 'ratio'), memory: number(2 ** 28, 'bytes') };
export const four = [model('a'), model('b', fast), model('c', small), model('d', { accuracy: number(0.9, 'ratio') })];

/** A report as a command prints it. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const text = terminalText(reportDocument(report).screen, options);
  return text === '' ? '' : `${text}\n`;
}

/** Title, names and units. */
const headingLines = 3;

interface PrintOptions extends JudgeOptions {
  readonly task?: ScoreboardTask;
}

/** What people see below the table; the table itself has its own tests. */
export function printed(cells: readonly ScoreboardCell[], { task, ...options }: PrintOptions = {}): string {
  const boards = createScoreboards(cells, { anchors, ...(task && { tasks: { 'toy/per@1': task } }) });
  const scoreboards = boards.map((board) => judgeScoreboard(board, options));
  return terminalReport({ scoreboards }, { width: undefined })
    .split('\n')
    .slice(cells.length + headingLines)
    .join('\n');
}

/** So many launches around the values, 1 % apart. */
export function launchesAround(
  values: { readonly throughput: number; readonly latency: number; readonly memory: number },
  count = 3,
): BootstrapModel['launches'] {
  return Array.from({ length: count }, (_, launch) => {
    const factor = Math.exp(0.01 * (launch - (count - 1) / 2));
    return {
      throughput: values.throughput * factor,
      latency: values.latency / factor,
      memory: values.memory,
    };
  });
}

/** Answers of models, each of which has fewer right than the one before, and performance from launches. */
export function evidence(names: readonly string[], items = 100, launches = 3): TaskEvidence {
  return {
    models: names.map((name, index) => ({
      model: name,
      scores: Float64Array.from({ length: items }, (_, item) => Number(item % 10 < 7 - index)),
      launches: launchesAround({ throughput: 10, latency: 100, memory: 2 ** 30 }, launches),
    })),
    clusters: undefined,
    items,
    answers: new Map(),
    isInRounds: false,
    notes: [],
  };
}
