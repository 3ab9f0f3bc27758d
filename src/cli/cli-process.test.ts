import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { perbenchBin, startPerbench, type Ended, type Running } from '../../test/setup/perbench-process.ts';

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'perbench-cli-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function start(argv: readonly string[], environment: Record<string, string> = {}): Running {
  return startPerbench(argv, { workingFolder: folder, homeFolder: root, environment, node: process.execPath });
}

async function perbench(...argv: readonly string[]): Promise<Ended> {
  return start(argv).ended;
}

async function writeSuite(engineOptions: object, rest: object = {}): Promise<string> {
  const models = [{ source: 'alpha', engine: 'mock', engineOptions }];
  const suite = { models, tasks: ['imdb/mini', 'arc_easy/mini'], protocol: 'paper', concurrency: 2, ...rest };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  return 'suite.json';
}

function records(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a run', () => {
  it('prints scoreboards on stdout, everything else on stderr, and writes files', async () => {
    const suite = await writeSuite({});
    const { code, stdout, stderr } = await perbench('run', suite, '-o', 'out/table.csv', '-o', 'table.md');
    // Both models always answer the same: none is usable.
    expect(code).toBe(4);
    expect(stdout).toContain('imdb/mini@2');
    expect(stdout).not.toContain('wrote');
    expect(stderr).toContain('alpha / imdb/mini@2: done, accuracy');
    expect(stdout + stderr).not.toContain('\u001B');
    expect(await readFile(join(folder, 'out/table.csv'), 'utf8')).toContain('alpha');
    expect(await readFile(join(folder, 'table.md'), 'utf8')).toContain('alpha');
    const listed = await perbench('list');
    expect(listed.stdout).toMatch(/perbench\s+finished\s+2\/2/);
    expect((await perbench('report', '-t', 'imdb')).stdout).not.toContain('arc_easy');
    expect((await perbench('show')).stdout).toMatch(/^engine: mock 1$/m);
    expect((await perbench('show', '--samples', 'wrong', '-n', '1')).stdout).toContain('expected:');
    const samples = records((await perbench('export', '--samples')).stdout);
    expect(samples).toHaveLength(80);
    expect((await perbench('rescore')).stderr).toContain('0 of 40 scores changed');
  });

  it('is JSON lines from launch to done under --json', async () => {
    const suite = await writeSuite({});
    const { code, stdout, stderr } = await perbench('run', suite, '--json');
    expect(code).toBe(4);
    const events = records(stdout);
    expect(events[0]).toMatchObject({ event: 'launch', command: 'run' });
    expect(events.at(-1)).toMatchObject({ event: 'done', command: 'run', exitCode: 4 });
    const names = events.map(({ event }) => event);
    const answer = { answer: 'No usable model for IMDB and ARC-Easy.', kind: 'none' };
    expect(events.find(({ event }) => event === 'answer')).toMatchObject(answer);
    expect(names).toEqual(
      expect.arrayContaining(['run-start', 'cell-start', 'pass-end', 'cell-end', 'run-end', 'scoreboard']),
    );
    // On a busy machine there are no valid numbers to freeze.
    expect(stderr.replace(/^PER-A anchors for .*\n/u, '')).toBe('');
  });

  it('says nothing but results under --quiet', async () => {
    const suite = await writeSuite({});
    const { stdout, stderr } = await perbench('run', suite, '-q');
    expect(stdout).toContain('imdb/mini@2');
    expect(stderr).toBe('');
  });

  it('ends with 3 where a cell failed', async () => {
    const suite = await writeSuite({ crashAtRequest: 5 });
    const { code, stderr } = await perbench('run', suite);
    expect(stderr).toMatch(/failed: alpha \/ imdb\/mini@2: /);
    expect(code).toBe(3);
  });

  it('looks at the endings of output files before it measures', async () => {
    const suite = await writeSuite({});
    const { code, stderr } = await perbench('run', suite, '-o', 'table.xls');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: --out table\.xls: unknown format "\.xls" for run\nhint: Use one of \.csv \.json .*\.html.*\.\n$/,
    );
    expect(existsSync(join(folder, '.perbench'))).toBe(false);
  });
});

describe('signals', () => {
  it('Ctrl-C saves, prints how to go on, and that command finishes the run with the same result', async () => {
    const suite = await writeSuite({ tokenMs: 15 });
    const run = start(['run', suite, '--json']);
    await run.said(/"pass-progress"/);
    run.child.kill('SIGINT');
    // A terminal or npm may deliver it twice.
    run.child.kill('SIGINT');
    const stopped = await run.ended;
    expect(stopped.signal).toBeNull();
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(
      /stopping: finishing requests in flight, .*\ninterrupted; everything so far is saved\. Resume with:\n {2}perbench resume \S+\n$/,
    );
    const interrupted = records(stopped.stdout).find(({ event }) => event === 'interrupted');
    expect(records(stopped.stdout).at(-1)).toMatchObject({ event: 'done', exitCode: 130 });
    const [, ...command] = String(interrupted?.['resume']).split(' ');
    expect((await perbench('list')).stdout).toContain('interrupted');

    const resumed = await perbench(...command, '--json');
    expect(resumed.code).toBe(4);
    expect(records(resumed.stdout).find(({ event }) => event === 'run-start')).toMatchObject({
      isResumed: true,
      runId: interrupted?.['runId'],
    });
    const whole = await perbench('run', await writeSuite({ tokenMs: 0 }), '--json');
    expect(accuracies(resumed.stdout)).toEqual(accuracies(whole.stdout));
  });

  it('a second Ctrl-C does not wait for an engine that hangs', async () => {
    const suite = await writeSuite({ hangAtRequest: 3 });
    const run = start(['run', suite]);
    await run.said(/alpha: started in/);
    run.child.kill('SIGINT');
    await run.said(/stopping/);
    await new Promise((resolve) => setTimeout(resolve, 600));
    run.child.kill('SIGINT');
    const { code } = await run.ended;
    expect(code).toBe(130);
    expect((await perbench('list')).code).toBe(0);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends with %i', async (signal, code) => {
    const suite = await writeSuite({ tokenMs: 15 });
    const run = start(['run', suite]);
    await run.said(/start \(1 of 2/);
    run.child.kill(signal);
    expect(await run.ended).toMatchObject({ code, signal: null });
  });

  it.each([
    ['SIGINT', 130, /^(fetching .*\n)?stopping; press Ctrl-C again to stop at once\nstopped\n$/],
    ['SIGTERM', 143, /^(fetching .*\n)?stopped\n$/],
  ] as const)('%s stops a download', async (signal, exitCode, said) => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const pull = start(['models', 'pull', `http://127.0.0.1:${port}/x.gguf#sha256=${'0'.repeat(64)}`]);
    await once(server, 'request');
    pull.child.kill(signal);
    const { code, stderr } = await pull.ended;
    server.closeAllConnections();
    server.close();
    expect(stderr).toMatch(said);
    expect(code).toBe(exitCode);
  });

  it('a reader that goes away is no error', async () => {
    const run = start(['tasks', '--json']);
    run.child.stdout?.destroy();
    const { code, stderr } = await run.ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

function accuracies(stdout: string): unknown {
  return records(stdout)
    .filter(({ event }) => event === 'cell-end')
    .map(({ measurements }) => (measurements as { readonly accuracy: unknown }).accuracy);
}

describe('errors', () => {
  it.each([
    [['rum'], 2, "error: unknown command 'rum'\nhint: Did you mean run?\n"],
    [['help', 'nonsense'], 2, "error: unknown command 'nonsense'\nhint: See perbench --help.\n"],
    [
      ['run', '-m', 'smolm2-135m-instruct', '--offline'],
      2,
      /^error: unknown model "smolm2-135m-instruct"\nhint: Did you mean "smollm2-135m-instruct"\?\n$/,
    ],
    [['run', '-m', './none.gguf', '-t', 'mini'], 5, /^error: .*none\.gguf.*\n(hint: .*\n)?$/],
    [['run', '-m', 'smollm2-135m-instruct', '-t', 'gsm8k', '--data-dir', '.'], 5, /^error: gsm8k: .*\nhint: .*\n$/],
    [['report'], 2, /^error: no runs: .*\nhint: .*\n$/],
    [['score', 'none.csv'], 2, 'error: none.csv: no such file\nhint: Name a CSV file, or - for stdin.\n'],
    [['show', 'x', '--store', 'other.db'], 2, /^error: no runs: /],
  ] as const)('%j ends with %i', async (argv, code, text) => {
    const ended = await perbench(...argv);
    expect(ended.stderr).toMatch(text);
    expect(ended.stdout).toBe('');
    expect(ended.code).toBe(code);
  });

  it('are records under --json, between launch and done', async () => {
    const { code, stdout, stderr } = await perbench('report', '--json');
    expect(records(stdout).map(({ event }) => event)).toEqual(['launch', 'error', 'done']);
    expect(records(stdout)[1]).toMatchObject({ code: 'PB_USAGE' });
    expect(stderr).toBe('');
    expect(code).toBe(2);
    expect(records((await perbench('rum', '--json')).stdout).map(({ event }) => event)).toEqual(['error', 'done']);
  });

  it('of a suite in TypeScript that is more than types say so', async () => {
    await writeFile(join(folder, 'suite.ts'), 'enum A { B }\nexport default { models: [A.B] };\n');
    const { code, stderr } = await perbench('plan', 'suite.ts');
    expect(stderr).toMatch(/^error: suite\.ts: cannot be loaded: .*\nhint: Use only types that can be erased/);
    expect(code).toBe(2);
  });
});

describe('a plan', () => {
  it('says what it is going to measure, how to skip that, and which model it is at', async () => {
    const suite = await writeSuite({});
    const { stdout, stderr } = await perbench('plan', suite);
    expect(stderr).toContain('Measuring speed first: 1 model on 2 tasks, 4 items each. --probe never skips this.\n');
    expect(stderr).toContain('alpha: measuring its speed (cell 1 of 2)\n');
    expect(stdout).toContain('probe');
    const quick = await perbench('plan', suite, '--probe', 'never');
    expect(quick.stderr).toBe('');
    expect((await perbench('plan', suite, '--quiet')).stderr).toBe('');
  });
});

describe('other commands', () => {
  it('init writes a suite that plan reads, and never replaces one unasked', async () => {
    expect(await perbench('init', '--yes')).toMatchObject({ code: 0, stdout: 'wrote perbench.yaml\n' });
    expect(await perbench('init', '--yes')).toMatchObject({ code: 2 });
    expect(await perbench('init', '--yes', '--force')).toMatchObject({ code: 0 });
    const shown = await perbench('show', '--config', '--limit', '3');
    expect(shown.stdout).toMatch(/limit\s+--limit\s+3/);
    expect(shown.stdout).toMatch(/protocol\s+perbench\.yaml:\d+\s+serving/);
  });

  it('plan counts cells and items', async () => {
    const suite = await writeSuite({});
    const { code, stdout } = await perbench('plan', suite);
    expect(stdout).toContain('2 cells, 80 items, nothing to download');
    expect(code).toBe(0);
  });

  it('schema prints the schema', async () => {
    expect(JSON.parse((await perbench('schema')).stdout)).toMatchObject({ title: 'perbench suite' });
  });

  it('version prints what --version prints', async () => {
    const [word, flag] = [await perbench('version'), await perbench('--version')];
    expect(word).toMatchObject({ code: 0, stdout: flag.stdout, stderr: '' });
    expect(records((await perbench('version', '--json')).stdout)[1]).toEqual({
      event: 'version',
      version: flag.stdout.trim(),
    });
  });

  it('score reads a table from stdin', () => {
    const csv = 'task,model,accuracy,throughput,latency,memory\nt,a,0.5,10,1,1\nt,b,0.6,20,2,2\nt,c,0.7,30,3,3\n';
    const ended = spawnSync(process.execPath, [perbenchBin, 'score', '-', '--json'], {
      input: csv,
      encoding: 'utf8',
      cwd: folder,
    });
    expect(records(ended.stdout)[1]).toMatchObject({ event: 'scoreboard', taskId: 't' });
    expect(ended.status).toBe(0);
  });

  it('completes commands, options, choices, models, tasks and files', async () => {
    await writeFile(join(folder, 'suite.yaml'), '');
    const complete = async (...words: readonly string[]): Promise<string> =>
      (await perbench('complete', '--', ...words)).stdout;
    expect(await complete('res')).toMatch(/^resume\t/);
    expect(await complete('models', '')).toMatch(/^list\t.*\nshow\t.*\npull\t/);
    expect(await complete('run', '--proto')).toMatch(/^--protocol\t/);
    expect(await complete('run', '--protocol', 's')).toMatch(/^serving\t/);
    expect(await complete('run', '-m', 'smol')).toMatch(/^smollm2-135m-instruct\t/);
    expect(await complete('run', '--task', 'gsm8k/p')).toMatch(/^gsm8k\/per@2\t/);
    expect(await complete('run', 'sui')).toMatch(/^suite\.yaml\t/);
    expect(await complete('report', '')).toBe(':4\n');
    expect(await complete('vers')).toMatch(/^version\t/);
    expect(await complete('models', 'sh')).toMatch(/^show\t/);
    await perbench('run', await writeSuite({}));
    await writeFile(join(folder, 'base.json'), '');
    expect(await complete('report', '')).toMatch(/^\d{8}-\d{6}-\w{4}\t\nlatest\t\n:4\n$/);
    expect(await complete('gate', '--baseline', 'latest')).toMatch(/^latest\t/);
    expect(await complete('gate', '--baseline', 'base')).toMatch(/^base\.json\t/);
    expect(await complete('report', '--store', 'nowhere.db', '')).toBe(':4\n');
    expect(await complete('report', '--store=base.json', '')).toBe(':4\n');
    expect(await complete('report', '--store', '.perbench/perbench.db', 'la')).toMatch(/^latest\t/);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that the shell accepts', async (shell) => {
    const { stdout, code } = await perbench('completion', shell);
    expect(code).toBe(0);
    expect(stdout).toContain('perbench complete --');
    const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
    const check = isThere ? spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' }) : undefined;
    expect(check?.stderr ?? '').toBe('');
  });
});
