import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScorerFault, type OwnScorer } from '../../tasks/own/own-task.ts';
import { openScorer, type ScorerLimits } from './open-scorer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-scorer-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const brief = { callMs: 3_000, idleMs: 60_000 };
let files = 0;

async function scorerOf(text: string, limits: ScorerLimits = brief): Promise<OwnScorer> {
  files += 1;
  const path = join(folder, `score${files}.ts`);
  await writeFile(path, text);
  return openScorer(path, limits);
}

describe('a scorer in a thread of its own', () => {
  it('is asked at once, with output and row, again and again', async () => {
    const score = await scorerOf(
      'let calls = 0;\nexport default (output: string, row: any) => ({ value: Number(output === row.gold), metrics: { calls: (calls += 1) } });',
    );
    expect(score('a', { gold: 'a' })).toEqual({ value: 1, metrics: { calls: 1 } });
    expect(score('a', { gold: ['b'] })).toEqual({ value: 0, metrics: { calls: 2 } });
  });

  it.each<[what: string, text: string, message: string]>([
    ['exits', 'export default () => process.exit(3);', 'ended its thread with exit code 3'],
    ['gives a promise', 'export default async () => 1;', 'gave a promise, where a scorer answers at once,'],
    ['gives a function', 'export default () => () => 1;', 'gave what is not plain data (() => 1 could not be cloned.)'],
  ])('that %s has a fault, and is asked again', async (_what, text, message) => {
    const score = await scorerOf(text);
    for (let call = 0; call < 2; call += 1) expect(() => score('a', {})).toThrow(new ScorerFault(message));
  });

  it('throws what the scorer throws', async () => {
    const score = await scorerOf("export default () => { throw new TypeError('no such tone'); };");
    expect(() => score('a', {})).toThrow(new Error('no such tone'));
  });

  it('goes on after an exit, and after an error between its calls', async () => {
    const score = await scorerOf(
      "export default (output) => {\n if (output === 'exit') process.exit();\n if (output === 'later') setTimeout(() => { throw new Error('late'); }, 1);\n return true;\n};",
    );
    expect(() => score('exit', {})).toThrow('ended its thread with exit code 0');
    expect(score('later', {})).toBe(true);
    await sleep(100);
    expect(score('fine', {})).toBe(true);
  });

  it('is stopped where it never ends, and asked no more after two times in a row', async () => {
    const score = await scorerOf("export default (output) => { while (output === 'loop'); return 1; };", {
      callMs: 400,
      idleMs: 60_000,
    });
    const late = 'took more than 0.4 s, or all of its memory,';
    expect(() => score('loop', {})).toThrow(new ScorerFault(late));
    expect(score('fine', {})).toBe(1);
    for (const _ of [1, 2]) expect(() => score('loop', {})).toThrow(new ScorerFault(late));
    expect(() => score('fine', {})).toThrow(`is asked no more: 2 times in a row it ${late}`);
  });

  it('is closed once nobody calls it, and opened by the next call', async () => {
    const score = await scorerOf(
      'let calls = 0;\nexport default () => ({ value: 1, metrics: { calls: (calls += 1) } });',
      {
        callMs: 3_000,
        idleMs: 50,
      },
    );
    score('a', {});
    await sleep(300);
    expect(score('a', {})).toMatchObject({ metrics: { calls: 1 } });
  });

  it.each<[what: string, text: string, message: RegExp]>([
    ['has none', 'export const score = 1;', /score\d+\.ts has no scorer: expected a function as its default export$/],
    ['throws', "throw new Error('top');", /score\d+\.ts cannot be loaded: top$/],
    ['exits', 'process.exit(4);', /score\d+\.ts ended its thread with exit code 4$/],
    ['never ends', 'for (;;);', /score\d+\.ts was not loaded within 0\.5 s$/],
    ['is no program', 'export default (', /score\d+\.ts cannot be loaded: /],
  ])('a module that %s is refused', async (_what, text, message) => {
    await expect(scorerOf(text, { callMs: 500, idleMs: 60_000 })).rejects.toThrow(message);
  });
});
