import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { smallModel } from '../../test/setup/small-models.ts';
import { brief, ticketFolder } from '../../test/setup/ticket-folder.ts';

let folder: string;
let model: string;

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess([...argv, '--store', 'store.db'], { folder, environment: { COLUMNS: '200' } });
}

beforeAll(async () => {
  folder = await ticketFolder();
  model = await smallModel('smollm2-135m-instruct');
  const entry = { source: model, name: 'smollm', engineOptions: { device: 'cpu', flashAttention: 'on' } };
  const models = [
    entry,
    { ...entry, name: 'again' },
    { ...entry, name: 'small cache', engineOptions: { ...entry.engineOptions, kvCache: 'q4_0' } },
  ];
  const suite = { ...brief, models, tasks: ['tickets.csv'], limit: 3, threads: 1, loss: true };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('perbench loss with a real model', () => {
  it('runs at the end of a run: 0 of the same configuration, more of a coarser cache; kept, shown, and in every format', async () => {
    const { stdout } = await perbench('run', 'suite.json', '--json');
    const lines = stdout.split('\n').filter((line) => line.includes('"event":"loss"'));
    const losses = lines.map((line) => JSON.parse(line) as { record: Record<string, unknown>; flips: object });
    expect(losses).toMatchObject([
      {
        record: { model: 'again', base: 'smollm', klMax: 0, klDivergence: { value: 0 }, perplexityRatio: { value: 1 } },
        flips: { items: 3, lost: { count: 0 }, gained: { count: 0 }, changed: { count: 0 } },
      },
      { record: { model: 'small cache', base: 'smollm', texts: 3 } },
    ]);
    expect(losses[1]?.record['klMax']).toBeGreaterThan(0);

    const shown = await perbench('show');
    expect(shown.stdout).toMatch(/^loss against smollm, run/mu);
    const files = ['csv', 'json', 'md', 'tex', 'parquet'].map((ending) => `loss.${ending}`);
    const again = await perbench('loss', '-m', 'small cache', '--items', '2', ...files.flatMap((file) => ['-o', file]));
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^small cache +tickets/mu);
    const [heading = '', row = ''] = (await readFile(join(folder, 'loss.csv'), 'utf8')).split('\r\n');
    const cells = Object.fromEntries(heading.split(',').map((name, at) => [name, row.split(',')[at]]));
    expect(cells).toMatchObject({ model: 'small cache', base: 'smollm', texts: '2', answers: '3' });
    expect(await readFile(join(folder, 'loss.tex'), 'utf8')).toContain(String.raw`\begin{tabular}`);
    expect(await readFile(join(folder, 'loss.md'), 'utf8')).toContain('| small cache |');
  });

  it('is taken before the ladder of a race and report.html are written, against the base of the question', async () => {
    const question = 'cheapest not worse than again by 0.5';
    const brisk = ['--protocol', 'serving', '--launches', '1', '--latency-requests', '3', '--window-seconds', '0.1'];
    const argv = ['run', 'suite.json', '--decide', question, ...brisk, '--store', 'race/store.db'];
    const { stdout } = await runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
    expect(stdout).toMatch(/against again\n.*KL/su);
    expect(stdout).not.toContain('no KL divergence was taken');
    expect(stdout).toMatch(/^loss against again, run/mu);
    const [runId = ''] = await readdir(join(folder, 'race', 'runs'));
    expect(await readFile(join(folder, 'race', 'runs', runId, 'report.html'), 'utf8')).toContain('KL, same top token');
  });

  it('compares files on a text, and says where it is too short', async () => {
    await writeFile(
      join(folder, 'words.txt'),
      'The harbour of the small town lies in a bay that opens to the north. '.repeat(4),
    );
    const compared = await perbench(
      'loss',
      model,
      model,
      '--text',
      'words.txt',
      '--chunk-tokens',
      '16',
      '--items',
      '3',
    );
    expect(compared.stderr).toMatch(/^comparing SmolLM2\S+ with SmolLM2\S+ on words\.txt\n/u);
    expect(compared.stdout).toMatch(/words\.txt +21 +0\.0000 \[0\.0000, 0\.0000\]/u);
    for (const name of ['m-1.gguf', 'm-2.gguf']) await symlink(model, join(folder, name));
    const named = await perbench(
      'loss',
      './m-{1,2}.gguf',
      '--text',
      'words.txt',
      '--chunk-tokens',
      '16',
      '--items',
      '2',
    );
    expect(named.stdout).toMatch(/^m-2 +words\.txt /mu);
    const short = await perbench('loss', '--text', 'words.txt', '-m', 'again');
    expect(short.stdout).toContain('unavailable: 0 chunks to compare, and at least 2 are needed (1 item: it has');
    expect(short.code).toBe(3);
  });
});
