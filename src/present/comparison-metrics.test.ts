import { expect, it } from 'vitest';
import { invoicesTask, labelledModels, storeLabelledRun } from '../../test/setup/labelled-run.ts';
import { compareRuns } from '../app/compare-runs.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { comparisonDocument } from './comparison-document.ts';
import { documentFormats } from './formats.ts';
import { terminalText } from './terminal.ts';

it('two settings on a JSON task are compared in validity and correctness, beneath accuracy, in all formats', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const run = await storeLabelledRun(store);
  const [a, b] = [`${run}:${labelledModels[0]}`, `${run}:${labelledModels[1]}`];
  const comparison = await compareRuns(store, a, b, { tasks: [invoicesTask] });
  const own = comparison.cells[0]?.metrics.map(({ metric }) => metric);
  expect(own?.slice(0, 4)).toEqual(['accuracy', 'extra.json_valid', 'extra.schema_valid', 'extra.fields_right']);
  const document = comparisonDocument(comparison);
  const text = terminalText(document.screen, { width: 100, isWhole: false });
  expect(text).toMatch(
    /^accuracy .*\nvalid JSON +1\.000 .* 0\.0 points \[−\d+\.\d, \+\d+\.\d\] .*\nfits schema .*\nfields right /mu,
  );
  const { csv, json, markdown } = documentFormats.comparison;
  expect(csv.write(document)).toMatch(
    /,extra\.json_valid,ratio,1,[^\n]*\n[^\n]*,extra\.schema_valid,[^\n]*\n[^\n]*,extra\.fields_right,/u,
  );
  expect(json.write(document)).toContain('"metric": "extra.fields_right"');
  expect(markdown.write(document)).toContain('| fields right');
});
