import { mkdir, writeFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { storeRun } from '../../test/setup/stored-cells.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { ImportError } from '../core/errors.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { compareRuns } from './compare-runs.ts';
import { findComparedRun, storedEvidence } from './compared-run.ts';
import { storedCosts } from './cost-sources.ts';
import {
  type ExportedCell,
  type ExportedRun,
  exportedRunText,
  parseExportedRun,
  readExportedRun,
} from './exported-run.ts';
import { runFile } from './export-runs.ts';

let exported: ExportedRun;
let text: string;

/** The file with a change, and with a checksum that fits it. */
function changed(change: (content: Record<string, unknown>) => void): string {
  const { sha256: _, ...content } = JSON.parse(text) as Record<string, unknown>;
  change(content);
  return JSON.stringify({ ...content, sha256: hash('sha256', JSON.stringify(content)) });
}

/** Files keep no prompts. */
function unasked({ answers, ...rest }: ExportedCell['evidence']): ExportedCell['evidence'] {
  return { ...rest, answers: new Map(Array.from(answers, ([id, own]) => [id, { ...own, question: '' }])) };
}

beforeAll(async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const run = await store.getRun(await storeRun(store));
  if (run === undefined) throw new Error('no run was stored');
  const cells = await store.cells(run.id);
  const priced = await storedCosts(store, run);
  const asked = await Promise.all(
    cells.map(async (cell) => ({
      cell,
      evidence: unasked(await storedEvidence(store, cell, undefined)),
      costs: { ...(await priced.facts(cell)), tokens: await priced.tokens(cell) },
    })),
  );
  exported = { run, cells: asked };
  text = await runFile({ store, runs: [run] });
});

describe('an exported run', () => {
  it('is read as it was', () => {
    expect(text).toBe(exportedRunText(exported));
    expect(parseExportedRun('base.json', text)).toEqual(exported);
  });

  it('has a line for each item', () => {
    expect(text.split('\n').filter((line) => line.startsWith('["0000'))).toHaveLength(24);
    expect(text).not.toMatch(/Question: how many|Activity:/);
  });

  it('may be laid out in any way', () => {
    const tidy = JSON.stringify(JSON.parse(text), undefined, 4).replaceAll('\n', '\r\n');
    expect(parseExportedRun('base.json', tidy)).toEqual(exported);
  });

  it('has the times of launches, which earlier versions lack', () => {
    const timed = exported.cells.map(({ evidence, ...rest }) => ({
      ...rest,
      evidence: { ...evidence, launchStarts: [5, 9] },
    }));
    const written = exportedRunText({ ...exported, cells: timed });
    expect(parseExportedRun('base.json', written).cells).toEqual(timed);
    const old = changed(({ cells }) => {
      for (const cell of cells as Record<string, unknown>[]) delete cell['launchStarts'];
    });
    expect(old).not.toContain('launchStarts');
    expect(parseExportedRun('base.json', old)).toEqual(exported);
  });

  it('has the metrics of items, which earlier versions lack', () => {
    const answers = [...(parseExportedRun('base.json', text).cells[0]?.evidence.answers.values() ?? [])];
    expect(answers.map(({ metrics }) => metrics?.['flexible_extract'])).toEqual([1, 0, 1, 0]);
    const old = changed(({ cells }) => {
      for (const cell of cells as Record<string, unknown>[]) delete cell['itemMetrics'];
    });
    expect(old).not.toContain('itemMetrics');
    const [cell] = parseExportedRun('base.json', old).cells;
    expect([...(cell?.evidence.answers.values() ?? [])].map(({ metrics }) => metrics)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('keeps apart items without a metric, and leaves single fields out', () => {
    const [{ evidence, ...rest }] = exported.cells as [ExportedCell];
    const each = [{ json_valid: 0, 'field:date': 1 }, {}];
    const given = Array.from(
      evidence.answers,
      ([id, answer], index) => [id, { ...answer, metrics: each[index % 2] }] as const,
    );
    const written = exportedRunText({
      ...exported,
      cells: [{ ...rest, evidence: { ...evidence, answers: new Map(given) } }],
    });
    const read = parseExportedRun('base.json', written).cells[0]?.evidence.answers.values().toArray();
    expect(read?.map(({ metrics }) => metrics)).toEqual([{ json_valid: 0 }, {}, { json_valid: 0 }, {}]);
  });

  it.each([
    ['empty', () => '', 'base.json: it is empty'],
    ['cut off', () => text.slice(0, -1000), 'base.json: it is cut off: the JSON ends in the middle'],
    ['cut off in a text', () => text.slice(0, 30), 'base.json: it is cut off: the JSON ends in the middle'],
    ['no JSON', () => 'model,accuracy\n', 'base.json: expected an exported run, this is not JSON'],
    ['in conflict', () => `<<<<<<< ours\n${text}`, 'base.json: expected an exported run, this is not JSON'],
    ['a list', () => '[]', 'base.json: expected a run that perbench exported, got other JSON'],
    ['of another program', () => '{"results": {}}', 'base.json: expected a run that perbench exported, got other JSON'],
    [
      'a report',
      () => '{"schema": "perbench-report/1", "scoreboards": []}',
      'base.json: expected an exported run, got a report (perbench-report/1), which lacks the answers item by item',
    ],
    [
      'newer',
      () => text.replace('perbench-run/1', 'perbench-run/2'),
      'base.json: written by another version of perbench (perbench-run/2); this one reads perbench-run/1',
    ],
    [
      'changed by hand',
      () => text.replace('"state":"done"', '"state":"failed"'),
      'base.json: it was changed after it was exported: its checksum is another',
    ],
    [
      'without its checksum',
      () => text.replace(/,\n"sha256":"\w+"/, ''),
      'base.json: it was changed after it was exported: its checksum is another',
    ],
  ])('that is %s is refused in one line', (_, content, message) => {
    const read = () => parseExportedRun('base.json', content());
    expect(read).toThrow(ImportError);
    expect(read).toThrow(new RegExp(`^${message.replaceAll(/[().]/g, String.raw`\$&`)}$`));
  });

  it('is refused at its place where a value is none', () => {
    const read = (change: (content: Record<string, unknown>) => void) => () =>
      parseExportedRun('base.json', changed(change));
    expect(read(() => undefined)()).toEqual(exported);
    expect(read((content) => delete content['cells'])).toThrow(/^base\.json: `cells`: .*expected array/);
    const wrong = read(({ cells }) => ((cells as { answers: unknown[][] }[])[0]!.answers[0]![1] = 2));
    expect(wrong).toThrow(/^base\.json: `cells\.0\.answers\.0\.1`: .*<=1/);
    expect(read(({ run }) => delete (run as Record<string, unknown>)['manifest'])).toThrow(/`run\.manifest`/);
  });

  it('says that a file is missing, or a folder', async () => {
    await using folder = await testFolder();
    await mkdir(join(folder.path, 'x.json'));
    await expect(readExportedRun(join(folder.path, 'none.json'), 'none.json')).rejects.toThrow(
      /^none\.json: no such file$/,
    );
    await expect(readExportedRun(join(folder.path, 'x.json'), 'x.json')).rejects.toThrow(
      /^x\.json: is a folder, not a file/,
    );
  });
});

describe('a side of a comparison', () => {
  it('is a file, or one model of it; a file only where a folder is given', async () => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'base.json'), text);
    const found = async (name: string) => (await findComparedRun(undefined, name, folder.path)).cells.length;
    expect(await found('base.json')).toBe(6);
    expect(await found('base.json:small-135m')).toBe(3);
    await expect(found('base.json:small-135')).rejects.toThrow(/has no model "small-135"/);
    await expect(found('latest')).rejects.toThrow(/no runs in the store/);
    await expect(findComparedRun(undefined, 'base.json', undefined)).rejects.toThrow(
      /no run "base\.json" in the store/,
    );
  });

  it('is compared as it would be from the store', async () => {
    await using folder = await testFolder();
    await using store = await openSqliteStore({ file: ':memory:' });
    const id = await storeRun(store);
    await writeFile(join(folder.path, 'base.json'), text);
    const stored = await compareRuns(store, ':small-135m', `${id}:../=evil|"model"_50%&{x}`);
    const from = await compareRuns(store, 'base.json:small-135m', `${id}:../=evil|"model"_50%&{x}`, {
      folder: folder.path,
    });
    expect(from).toEqual(stored);
    await expect(compareRuns(store, 'base.json', 'latest', { folder: folder.path })).rejects.toThrow(
      /base\.json and latest are the same run/,
    );
  });
});
