import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RaceCertificate, RaceStatus } from '../core/race.ts';
import { raceExitCode } from './print-document.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';

let folder: string;

const half = ['positive', 'negative'];
const models = [
  { source: 'guess', engine: 'mock', engineOptions: { answers: ['no idea'], tokenMs: 0.7 } },
  { source: 'fair', engine: 'mock', engineOptions: { answers: ['positive'], tokenMs: 1 } },
  { source: 'dear', engine: 'mock', engineOptions: { answers: half, tokenMs: 30 } },
];
// Windows long enough that a busy machine's stalls don't make launches differ.
const brief = { concurrency: 2, launches: 1, windowSeconds: 0.3, latencyRequests: 3, tasks: ['imdb/mini'] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-race-cli-'));
  await writeFile(join(folder, 'suite.json'), JSON.stringify({ models, ...brief, limit: 30 }));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

/** Without the numbers that depend on how fast this machine happened to be, and on what its timed passes answered. */
function stable(text: string): string {
  return text
    .replaceAll(/evaluated \d+ of/g, 'evaluated … of')
    .replaceAll(/\d+ launches/g, '… launches')
    .replaceAll(/(eliminated|named) +\d+/g, '$1  …')
    .replaceAll(/of \d+ scores/g, 'of … scores')
    .replaceAll(/[\d.]+ % of the device time/g, '… % of the device time')
    .replaceAll(/differ by [^\n]*/g, 'differ by …')
    .replaceAll(/costs [\d.]+ times/g, 'costs … times')
    .replaceAll(/ -?\d\.\d{3}( to -?\d\.\d{3})?/g, ' …')
    .replaceAll(/ {2,}/g, '  ');
}

it('prints what was decided, how sure, what it took and what would change it', async () => {
  const { stdout, stderr, code } = await perbench('run', 'suite.json', '--decide', 'cheapest with accuracy >= 0.3');
  // How many launches a race will have, nobody knows.
  expect(stderr).toMatch(/fair: started in .* \(launch 4\)\n/u);
  expect(stderr).not.toMatch(/launch \d+ of/u);
  expect(stable(stdout)).toMatchInlineSnapshot(`
    "Cheapest with accuracy >= 0.3 (imdb/mini@2): fair
      95 % certificate: evaluating every model on all 30 items would name the same model
      launches of this machine differ by …
      evaluated … of 90 items, … % of the device time for items; … launches (full evaluation: 3)

    model  answers  accuracy  PER-A  reason
    guess  eliminated  …  …  –  accuracy is below 0.3
    fair  named  …  …  –  accuracy is at least 0.3
    dear  pruned  –  …  –  costs … times as much per item as fair
    "
  `);
  expect(code).toBe(0);
});

it('writes the certificate as JSON, stores the question, and shows it again', async () => {
  const { stdout } = await perbench(
    'run',
    'suite.json',
    '--json',
    '--decide',
    'cheapest with accuracy >= 0.4',
    '--fresh',
  );
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ended = events.find(({ event }) => event === 'certificate');
  expect(ended).toMatchObject({
    certificate: { version: 'race/2', outcome: 'winner', named: ['fair'], confidence: 0.95 },
  });
  expect(events.filter(({ event }) => event === 'decision')).toHaveLength(3);
  const shown = await perbench('show');
  expect(shown.stdout).toContain('Cheapest with accuracy >= 0.4 (imdb/mini@2): fair');
  expect(shown.stdout).not.toContain('0.000 ±');
  const compared = await perbench('compare', 'latest:guess', 'latest:dear');
  expect([compared.code, compared.stderr]).toEqual([
    2,
    expect.stringMatching(/was stopped early in run|stopped every model early/),
  ]);
  expect((await perbench('decide')).stdout).toContain(
    'answered a --decide question: perbench show prints the certificate',
  );
  const again = await perbench('rescore');
  expect([again.code, again.stderr]).toEqual([
    2,
    expect.stringContaining('answered a --decide question by its scores'),
  ]);
});

it('compares with a base, prints by how much each differs from it, and shows it again', async () => {
  const fair = Array.from({ length: 20 }, (_, index) => (index < 10 ? 'positive' : 'negative'));
  const mock = (source: string, tokenMs: number, answers: readonly string[]) => {
    return { source, name: source, engine: 'mock', engineOptions: { answers, tokenMs } };
  };
  const ladder = [mock('qwen (kvCache f16)', 30, fair), mock('q4', 1, fair), mock('q2', 0.7, ['no idea'])];
  await writeFile(join(folder, 'ladder.json'), JSON.stringify({ ...brief, models: ladder, limit: 30 }));
  const question = 'cheapest not worse than base by 10%';
  const { stdout, stderr, code } = await perbench('run', 'ladder.json', '--decide', question, '--store', 'ladder.db');
  expect(stderr).toContain(
    'base is qwen (kvCache f16), the first model: it answers every item, and the others are compared with it',
  );
  // The ladder follows, with the speeds of this machine.
  expect(stable(stdout.slice(0, stdout.indexOf('\nIMDB, mini set · against')))).toMatchInlineSnapshot(`
    "Cheapest not worse than "qwen (kvCache f16)" by 0.1 (imdb/mini@2): q4
      95 % certificate: evaluating every model on all 30 items would name the same model
      launches of this machine differ by …
      evaluated … of 90 items, … % of the device time for items; … launches (full evaluation: 3)

    model  answers  accuracy  minus base  PER-A  reason
    qwen (kvCache f16)  full  30  …  –  –  the base, but it costs more per item than q4
    q4  named  …  …  …  –  not worse than qwen (kvCache f16) by more than 0.1 (0 of … scores differ)
    q2  eliminated  …  …  …  –  worse than qwen (kvCache f16) by more than 0.1 (10 of … scores differ)

    What would change the answer:
      - a drop of … instead of 0.1 would accept q2, which was tried earlier
    "
  `);
  expect(code).toBe(0);
  const [title = ''] = stdout.split('\n');
  expect((await perbench('show', '--store', 'ladder.db')).stdout).toContain(title);
});

it('ends with 4 where nobody passes', async () => {
  const { code, stdout } = await perbench('run', 'suite.json', '--decide', 'cheapest with accuracy >= 0.9');
  expect([code, stdout]).toEqual([4, expect.stringContaining('Cheapest with accuracy >= 0.9 (imdb/mini@2): none')]);
});

it('takes anchors from a file, and names the score by them', async () => {
  const task = '{ accuracy: 0, throughput: 100, throughputUnit: items/s, latency: 5, latencyUnit: ms, memory: 1.0e+8 }';
  await writeFile(join(folder, 'own.yaml'), `schema: perbench-anchors/1\ntasks:\n  imdb: ${task}\n`);
  await writeFile(join(folder, 'one.json'), JSON.stringify({ ...brief, models: [models[1]], limit: 20 }));
  const { code, stdout } = await perbench('run', 'one.json', '--decide', 'winner', '--anchors', 'own.yaml');
  expect(stdout).toMatch(/^Winner \(PER-A\/custom-\w+, imdb\/mini@2\): fair$/mu);
  // The highest score among one is no reason to use it.
  expect([code, stdout]).toEqual([
    6,
    expect.stringContaining('fair has the highest score, but is not shown to be usable'),
  ]);
});

it('has one exit code for each outcome, a model that could not be judged first', () => {
  const ended = (outcome: RaceCertificate['outcome'], status: RaceStatus): RaceCertificate =>
    ({ outcome, models: [{ status }] }) as unknown as RaceCertificate;
  expect(raceExitCode([ended('winner', 'full')], { scoreboards: [] })).toBe(0);
  expect(raceExitCode([ended('winner', 'full'), ended('tie', 'full')], { scoreboards: [] })).toBe(6);
  expect(raceExitCode([ended('winner', 'full'), ended('withdrawn', 'full')], { scoreboards: [] })).toBe(6);
  expect(raceExitCode([ended('tie', 'full'), ended('none', 'eliminated')], { scoreboards: [] })).toBe(4);
  expect(raceExitCode([ended('none', 'eliminated'), ended('winner', 'failed')], { scoreboards: [] })).toBe(3);
});

it.each([
  [['--decide', 'best'], '--decide: "best" is not a question that perbench can decide: it names no goal'],
  [
    ['--decide', 'winner', '--anchors', 'none'],
    'no anchors for imdb/mini@2 on this hardware: a winner is decided by PER-A, which needs them',
  ],
  [['--decide', 'winner', '--anchors', 'paper-gpu'], 'are in items/s and ms/item; a race measures items/s and ms'],
  [['--decide', 'winner', '--protocol', 'paper'], '--decide needs the serving protocol'],
  [['--decide', 'winner', '--confidence', '0.4'], '--confidence'],
  [
    ['--decide', 'cheapest not worse than fiar by 0.01'],
    'unknown model to compare with "fiar"; known: guess, fair, dear\nhint: Did you mean "fair"?',
  ],
  [['--decide', 'cheapest not worse than q8 by 0.01', '--dry-run'], 'unknown model to compare with "q8"; known: guess'],
  [['--decide', 'cheapest not worse than base by a lot'], 'it needs a model and a share, as in'],
  [['--decide', 'nonsense', '--dry-run'], 'error: --decide: "nonsense" is not a question'],
])('says in one line why %s cannot be', async (argv, message) => {
  const { code, stderr } = await perbench('run', 'suite.json', ...argv);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(stderr).not.toContain('    at ');
});

it.each(['run', 'plan'])('%s says where a suite file asks no question', async (command) => {
  await writeFile(join(folder, 'asks.yaml'), 'models: [smollm2-135m-instruct]\ntasks: [imdb/mini]\ndecide: nonsense\n');
  const { code, stderr } = await perbench(command, 'asks.yaml', ...(command === 'run' ? ['--dry-run'] : []));
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /asks\.yaml:3:9: decide: "nonsense" is not a question that perbench can decide: [^\n]*winner[^\n]*\nhint: [^\n]*\n$/,
  );
});
