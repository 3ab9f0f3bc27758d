import { jsonText } from './sanitise.ts';
import { factorNames } from '../scoring/factor.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { reportColumns } from './columns.ts';
import type { Report } from './report.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const jsonReportVersion = 'perbench-report/1';

/** Where editors find the schema beside an installed perbench. */
const jsonSchemaPath = './node_modules/perbench/schemas/results.schema.json';

function jsonBoard(board: Scoreboard): object {
  const columns = reportColumns([board], 'json').filter(
    ({ id }) => !id.startsWith('factor') && !id.startsWith('extra.'),
  );
  return {
    task: board.taskId,
    title: board.title,
    metric: board.metric,
    protocol: board.protocol,
    scores: board.versions,
    units: board.units,
    flags: board.flags,
    anchors: board.anchors,
    weights: board.weights,
    populationItems: board.populationItems,
    verdict: board.verdict,
    inference: board.inference,
    limits: board.limits,
    pricePerHour: board.pricePerHour,
    paretoFront: board.front,
    robustness: board.card,
    rows: board.rows.map((row) => ({
      ...Object.fromEntries(columns.map((column) => [column.id, column.raw(row, board)])),
      factors: row.factors && Object.fromEntries(factorNames.map((factor) => [factor, row.factors?.[factor]])),
      anchored: row.anchored,
      threeFactors: row.threeFactors,
      ranking: row.ranking,
      limits: row.limits,
      extra: row.measurements.extra,
      flags: row.flags,
      warnings: row.warnings,
      error: row.error,
    })),
  };
}

/**
 * The report as JSON under a versioned schema: measurements whole, with unit, interval, status and warnings. What isn't
 * known is left out, never null or 0.
 */
export function jsonReport(report: Report): string {
  const { run, scoreboards, notes } = report;
  const content = {
    $schema: jsonSchemaPath,
    schema: jsonReportVersion,
    run,
    scoreboards: scoreboards.map(jsonBoard),
    notes,
  };
  return `${jsonText(content, 2)}\n`;
}
