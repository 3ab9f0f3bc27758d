import { shellWord } from '../core/shell-word.ts';
import type { Report } from '../present/report.ts';
import { serverTables } from '../present/server-side.ts';
import { drawsOf, packDraws } from './draws.ts';
import { pageLadder } from './page-ladder.ts';
import { pageTable } from './page-table.ts';
import { pageRun, pageSchema, type LoadedPage } from './page-data.ts';

export interface MakePageOptions {
  /** Unix time. */
  readonly createdAtMs: number;
  readonly perbenchVersion: string;
}

/** Everything that a page shows of a report, with as many replicates as a small file can carry. */
export function makePage(report: Report, { createdAtMs, perbenchVersion }: MakePageOptions): LoadedPage {
  const { sources, ladders = [], servers = [], ...plain } = report;
  const runs = sources?.runs ?? [];
  const { places, numbers } = packDraws(
    report.scoreboards.map((board, index) => drawsOf(board, sources?.evidence[index])),
  );
  return {
    data: {
      schema: pageSchema,
      createdAtMs,
      perbenchVersion,
      report: plain,
      ...(ladders.length > 0 && { ladders: ladders.map(pageLadder) }),
      ...(servers.length > 0 && {
        servers: servers.flatMap(serverTables).map((table) => pageTable(table.caption, table)),
      }),
      boards: places.map((draws) => (draws === undefined ? {} : { draws })),
      runs: runs.map(pageRun),
      allowsBusy: runs.length > 0 && runs.every(({ suite }) => suite.allowBusy),
      reproduce: [...new Set(runs.map(({ manifest }) => manifest.commandLine.map(shellWord).join(' ')))].filter(
        (line) => line !== '',
      ),
    },
    numbers,
  };
}
