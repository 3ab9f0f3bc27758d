/**
 * Holds two checkouts of perbench against each other: the same commands on the same stores, file by file.
 *
 * Background: a refactoring must change no number, no stored run, no export and no exit code. Times differ between any
 * two runs, so the older version makes the stores, and both read them; of runs that each makes by itself, everything
 * but times is compared.
 *
 * Usage: node scripts/compare-versions.ts <older checkout> <newer checkout> <empty folder> [--real]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';

const [older = '', newer = '', out = '', ...flags] = process.argv.slice(2);
const versions = { old: resolve(older), new: resolve(newer) } as const;
type Version = keyof typeof versions;
const both: readonly Version[] = ['old', 'new'];
const folder = resolve(out);
const isReal = flags.includes('--real');

const mockModel = (name: string, answers: readonly string[], memoryMiB: number): string =>
  `  - { name: ${name}, source: 'mock:${name}', engine: mock, engineOptions: { answers: ${JSON.stringify(answers)}, tokenMs: 0.2, memoryBytes: ${memoryMiB * 2 ** 20} } }`;

const models = `models:
${mockModel('quick', ['A', 'Positive', 'unanswerable', '#### 18'], 100)}
${mockModel('careful', ['A', 'B', 'Negative', 'Positive', '#### 20'], 220)}
${mockModel('odd', ['C', 'D', 'perhaps'], 90)}
`;

const tasks = 'tasks: [imdb/mini, hellaswag/mini, arc_easy/mini, squad2/mini, gsm8k/mini]\n';
const suites = {
  'serving.yaml': `name: mock\n${models}${tasks}limit: 8\nlaunches: 2\nwindowSeconds: 0.3\nlatencyRequests: 4\nlatencySeconds: 1\nconcurrency: 4\ngates: { minAccuracy: 0.05, maxAccuracyDrop: 0.2 }\n`,
  'second.yaml': `name: mock again\n${models}${tasks}limit: 8\nseed: 2\nlaunches: 1\nwindowSeconds: 0.3\nlatencyRequests: 3\nlatencySeconds: 1\nconcurrency: 2\n`,
  'paper.yaml': `name: as the paper\nprotocol: paper\n${models}${tasks}limit: 10\nconcurrency: 4\n`,
  'race.yaml': `name: a race\n${models}tasks: [arc_easy/mini]\nlaunches: 2\nwindowSeconds: 0.3\nlatencyRequests: 4\nconcurrency: 4\ndecide: cheapest with accuracy >= 0.2\n`,
  'cut.yaml': `name: cut\n${models.replaceAll('tokenMs: 0.2', 'tokenMs: 6')}tasks: [gsm8k/mini, arc_easy/mini]\nlimit: 40\nlaunches: 1\nwindowSeconds: 0.5\nlatencyRequests: 3\nconcurrency: 2\n`,
  ...(isReal && {
    'real.yaml':
      `name: mini\nprotocol: paper\nmodels: [smollm2-135m-instruct]\n${tasks}limit: 10\nconcurrency: 4\nengineOptions: {}\n`.replace(
        'engineOptions: {}\n',
        '',
      ),
  }),
};

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function perbench(version: Version, cwd: string, args: readonly string[], killAfterMs?: number): Ran {
  const { status, stdout, stderr } = spawnSync('node', [join(versions[version], 'bin/perbench.cjs'), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', CI: '1', COLUMNS: '100' },
    maxBuffer: 2 ** 28,
    ...(killAfterMs !== undefined && { timeout: killAfterMs, killSignal: 'SIGKILL' }),
  });
  return { status, stdout, stderr };
}

function world(version: string): string {
  const at = join(folder, version);
  mkdirSync(at, { recursive: true });
  for (const [name, text] of Object.entries(suites)) writeFileSync(join(at, name), text);
  return at;
}

/** What a store holds, times and what hangs on them left out. */
function dump(store: string): string {
  const database = new DatabaseSync(store, { readOnly: true });
  const rows = (sql: string): string[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => JSON.stringify(row));
  const text = [
    ...rows('select name, status, suite, suite_key, protocol from run order by created_at_ms'),
    ...rows(
      'select model, task_id, cell.protocol, position, state, items, key, error from cell join run on run.id = run_id order by run.created_at_ms, position',
    ),
    ...rows(
      `select run.name, model, task_id, item_id, sample.position, score, is_unparsed, is_truncated, failure_reason, failure_message, prompt_tokens,
              output_tokens, cluster, metrics, detail, answer, expected, prompt_sha256, prompt_id, output, raw
       from sample join cell on cell.id = cell_id join run on run.id = run_id where run.name <> 'a race'
       order by run.created_at_ms, model, task_id, item_id`,
    ),
    ...database
      .prepare(
        'select model, task_id, result from pass_result join cell on cell.id = cell_id order by model, task_id, sequence',
      )
      .all()
      .map(({ model, task_id: task, result }) => {
        const pass = JSON.parse(String(result)) as Record<string, unknown>;
        return JSON.stringify([
          model,
          task,
          pass['pass'],
          pass['launch'],
          pass['concurrency'],
          Object.keys(pass).toSorted(),
        ]);
      }),
  ].join('\n');
  database.close();
  return `${text}\n`;
}

/** Without what differs between any two calls. */
function steady(text: string): string {
  return text
    .replaceAll(/"(durationMs|memoryLimitBytes)":[\d.]+/g, '"$1":0')
    .replaceAll(/free memory: [\d.]+ GiB/g, 'free memory: ? GiB')
    .replace(/^(\{"[a-z]+":[^\n]*\n)?"createdAtMs":\d+/, '$1"createdAtMs":0')
    .replaceAll(versions.old, 'CHECKOUT')
    .replaceAll(versions.new, 'CHECKOUT');
}

const made = (version: Version): string => join(folder, `made-${version}`);

/** Each version makes its own runs; what isn't time must be equal. `--again` keeps those that are there. */
for (const version of flags.includes('--again') ? [] : both) {
  const at = world(`made-${version}`);
  for (const suite of Object.keys(suites)) {
    if (suite === 'cut.yaml') perbench(version, at, ['run', suite], 6000);
    const ran = perbench(version, at, ['run', suite, '--json']);
    writeFileSync(join(at, `${suite}.exit`), `${ran.status}\n`);
    if (ran.status !== 0 && ran.status !== 3)
      console.log(`${version}: run ${suite} exited with ${ran.status}: ${ran.stderr.slice(-500)}`);
  }
  writeFileSync(join(at, 'store.txt'), dump(join(at, '.perbench/perbench.db')));
}

/** A run that the older version began, and was killed, goes on in the newer. */
for (const version of flags.includes('--again') ? [] : both) {
  const at = world(`resumed-${version}`);
  perbench('old', at, ['run', 'cut.yaml'], 6000);
  const ran = perbench(version, at, ['run', 'cut.yaml']);
  const rows = dump(join(at, '.perbench/perbench.db'))
    .split('\n')
    .filter((line) => !line.includes('"accuracy"') && !line.includes('suite_key'));
  writeFileSync(join(at, 'store.txt'), `${ran.status}\n${rows.join('\n')}\n`);
}

const formats = ['csv', 'json', 'md', 'tex', 'prom', 'bmf.json', 'html'];

/** `--out` for a file of each ending. */
function outs(name: string, endings: readonly string[]): string {
  return endings.map((ending) => `--out out/${name}.${ending}`).join(' ');
}

/** Both read the store that the older version made: a name, and what is typed. */
function readings([first, second, paper, race]: readonly string[]): readonly string[] {
  return [
    'list: list',
    'list-json: list --json',
    ...[first, second, paper, race].flatMap((id, index) => [
      `show-${index}: show ${id}`,
      `show-json-${index}: show ${id} --json`,
      `show-cells-${index}: show ${id} -v`,
    ]),
    `report: report ${first} ${outs('report', formats)}`,
    `report-json: report ${first} --json`,
    `report-card: report ${first} --card --required-accuracy --pareto acc,thr --price-per-hour 2`,
    `report-weights: report ${first} --weights acc=0.7 ${outs('weights', ['csv', 'json'])}`,
    `report-limits: report ${first} --min-accuracy 0.2 --max-memory 150MiB ${outs('limits', ['csv', 'md', 'tex'])}`,
    `report-two: report ${first} ${second} ${outs('two', ['csv', 'json', 'md'])}`,
    `report-paper: report ${paper} ${outs('paper', ['csv', 'md', 'tex'])}`,
    `report-race: report ${race} ${outs('race', ['csv', 'md', 'json'])}`,
    `decide: decide ${first} ${outs('decide', ['csv', 'md', 'json'])}`,
    `decide-limits: decide ${first} --min-accuracy 0.2 --max-latency 2s --json`,
    `decide-none: decide ${first} --min-accuracy 0.99`,
    `compare: compare ${first}:quick ${first}:careful ${outs('compare', ['csv', 'md', 'json'])}`,
    `compare-runs: compare ${first} ${second} --json`,
    `gate: gate --baseline ${first} --candidate ${second} --max-accuracy-drop 0.3 ${outs('gate', ['xml', 'csv', 'md', 'json'])}`,
    `gate-fails: gate --baseline ${second} --candidate ${first} --min-accuracy 0.9 ${outs('fails', ['xml'])}`,
    `gate-json: gate --baseline ${second} --candidate ${first} --min-accuracy 0.9 --json`,
    `gate-github: gate --baseline ${second} --candidate ${first} --min-accuracy 0.9 --annotations github`,
    ...['lm-eval', 'inspect', 'every-eval-ever'].map(
      (format) => `export-${format}: export ${first} --format ${format} --out out/${format}`,
    ),
    `export-csv: export ${first} ${outs('measurements', ['csv'])}`,
    `export-samples: export ${first} --samples ${outs('samples', ['csv', 'jsonl', 'parquet'])}`,
    `score: score ${versions.old}/data/paper.csv ${outs('score', ['csv', 'json', 'md', 'tex', 'html'])}`,
    `figures: figures ${first} --out out/figures`,
    'paper: paper --out out/paper',
    'paper-json: paper --json',
    `rescore: rescore ${first}`,
    'tasks: tasks',
    'tasks-one: tasks arc_easy/mini',
    'schema: schema',
    'schema-results: schema results',
    'plan: run serving.yaml --dry-run',
    `plan-paper: run ${versions.old}/suites/paper.yaml --dry-run --gpu-memory 80GiB --json`,
    'show-config: show --config serving.yaml',
    'help: --help',
    'help-run: run --help',
    'bad-flag: run --lmit 3',
    'bad-value: run --concurrency 0 -m x',
  ];
}

const source = made('old');
const database = new DatabaseSync(join(source, '.perbench/perbench.db'), { readOnly: true });
const ids = database
  .prepare('select id from run order by created_at_ms')
  .all()
  .map(({ id }) => String(id));
database.close();
for (const version of both) {
  const at = join(folder, `read-${version}`);
  mkdirSync(at, { recursive: true });
  for (const line of readings(ids)) {
    const [name = '', typed = ''] = line.split(': ');
    // One working folder for both, so that paths in outputs are equal.
    const here = join(folder, 'here');
    spawnSync('rm', ['-rf', here]);
    cpSync(source, here, { recursive: true });
    mkdirSync(join(here, 'out'), { recursive: true });
    const ran = perbench(version, here, typed.split(' '));
    const kept = join(at, name);
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, 'stdout'), steady(ran.stdout));
    writeFileSync(join(kept, 'stderr'), steady(ran.stderr));
    writeFileSync(join(kept, 'exit'), `${ran.status}\n`);
    if (existsSync(join(here, 'out'))) cpSync(join(here, 'out'), join(kept, 'out'), { recursive: true });
    // A page carries its program, which changes; what is compared is what it was given.
    for (const file of readdirSync(kept, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.html'),
    )) {
      const [, packed = ''] = /id="perbench-data">([^<]*)</.exec(readFileSync(join(kept, file), 'utf8')) ?? [];
      writeFileSync(
        join(kept, file),
        steady(gunzipSync(Buffer.from(packed, 'base64')).toString('utf8').replaceAll(',"', ',\n"')),
      );
    }
  }
}

let differing = 0;
for (const [a, b] of [
  [join(made('old'), 'store.txt'), join(made('new'), 'store.txt')],
  [join(folder, 'resumed-old/store.txt'), join(folder, 'resumed-new/store.txt')],
  ...readdirSync(made('old'))
    .filter((name) => name.endsWith('.exit'))
    .map((name) => [join(made('old'), name), join(made('new'), name)]),
] as const) {
  if (readFileSync(a ?? '', 'utf8') === readFileSync(b ?? '', 'utf8')) continue;
  differing += 1;
  console.log(`differs: ${a}`);
}
const { stdout } = spawnSync('diff', ['-rq', join(folder, 'read-old'), join(folder, 'read-new')], { encoding: 'utf8' });
const lines = stdout.split('\n').filter((line) => line !== '');
for (const line of lines) console.log(line);
console.log(`${differing + lines.length} files differ`);
