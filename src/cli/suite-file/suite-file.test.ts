import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import { findSuiteFile, readSuiteFile } from './read-suite-file.ts';
import { checkSuite, checkSuiteNames } from './check-suite.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-suite-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const world = () => ({
  workingFolder: folder,
  homeFolder: '/home/me',
  readStdin: async () => Buffer.from('models: [a.gguf]\nmodel: b\n'),
});

async function check(name: string, content?: string): Promise<string> {
  if (content !== undefined) await writeFile(join(folder, name), content);
  try {
    const { document } = await readSuiteFile(name, world());
    await checkSuiteNames(document, checkSuite(document), { folder, homeFolder: '/home/me' });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('problems in suite files', () => {
  it.each([
    ['an unknown key', 'modles: [a]\n', 'a.yaml:1:1: unknown key "modles" (did you mean "models"?)'],
    [
      'a key that is near nothing',
      'models: [a.gguf]\nzzz: 1\n',
      expect.stringMatching(/^a\.yaml:2:1: unknown key "zzz"; known: \$schema, name, models/),
    ],
    [
      'an unknown key inside',
      'models:\n  - source: a\n    stlye: base\n',
      'a.yaml:3:5: unknown key "stlye" in models[0] (did you mean "style"?)',
    ],
    ['a missing list', 'tasks: [gsm8k]\n', 'a.yaml:1:1: models: is missing'],
    ['an empty list', 'models: []\n', 'a.yaml:1:9: models: expected at least 1 entry, got an empty list'],
    ['an empty file', '', 'a.yaml: the file is empty'],
    ['a list as the file', '- a\n- b\n', 'a.yaml:1:1: expected keys and values, got a list'],
    ['a wrong type', 'models: [a.gguf]\nlimit: many\n', 'a.yaml:2:8: limit: expected a whole number, got "many"'],
    ['a number too small', 'models: [a.gguf]\nlimit: 0\n', 'a.yaml:2:8: limit: expected a number above 0, got 0'],
    [
      'a number too large',
      'models: [a.gguf]\nlaunches: 21\n',
      'a.yaml:2:11: launches: expected a number of at most 20, got 21',
    ],
    ['a fraction', 'models: [a.gguf]\nseed: 1.5\n', 'a.yaml:2:7: seed: expected a whole number, got 1.5'],
    [
      'a wrong choice',
      'models: [a.gguf]\nprotocol: papr\n',
      'a.yaml:2:11: protocol: expected one of serving, paper, got "papr" (did you mean "paper"?)',
    ],
    [
      'a wrong choice inside',
      'models:\n  - source: a\n    style: instrct\n',
      'a.yaml:3:12: models[0].style: expected one of auto, instruct, base, got "instrct" (did you mean "instruct"?)',
    ],
    [
      'neither of two types',
      'models: [a.gguf]\nconcurrency: fast\n',
      'a.yaml:2:14: concurrency: expected a whole number or auto, got "fast"',
    ],
    ['a number as a model', 'models: [3]\n', 'a.yaml:1:10: models[0]: expected text or keys and values, got 3'],
    [
      'an unknown task',
      'models: [a.gguf]\ntasks:\n  - gsm8k\n  - imbd\n',
      'a.yaml:4:5: unknown task "imbd", and no file of that name (did you mean "imdb"?)',
    ],
    [
      'an unknown task with settings',
      'models: [a.gguf]\ntasks:\n  - task: squad3\n    limit: 5\n',
      'a.yaml:3:11: unknown task "squad3", and no file of that name (did you mean "squad2"?)',
    ],
    [
      'an unknown engine',
      'models:\n  - source: smollm2-135m-instruct\n    engine: lama\n',
      'a.yaml:2:13: unknown engine "lama" (did you mean "llama"?)',
    ],
    [
      'an option that the engine does not have',
      'models:\n  - source: a\n    engine: mock\n    engineOptions: { tokenMss: 1 }\n',
      'a.yaml:4:20: options of engine mock: unknown key "tokenMss" (did you mean "tokenMs"?)',
    ],
    [
      'an option of an engine that is wrong',
      'models:\n  - source: smollm2-135m-instruct\n    engineOptions:\n      device: gpu\n',
      expect.stringMatching(/^a\.yaml:4:7: options of engine llama: device: .*"cpu"/),
    ],
    [
      'a task without its version, misspelled',
      'models: [a.gguf]\ntasks: [imdb/mni]\n',
      expect.stringMatching(/did you mean "imdb\/mini"/),
    ],
    [
      'an unknown model',
      'models: [smolm2-135m-instruct]\n',
      'a.yaml:1:10: unknown model "smolm2-135m-instruct" (did you mean "smollm2-135m-instruct"?)',
    ],
    [
      'an address without a checksum',
      'models: ["https://example.org/x.gguf"]\n',
      expect.stringMatching(/^a\.yaml:1:10: .*#sha256=/),
    ],
    ['a key twice', 'models: [a.gguf]\nmodels: [b]\n', 'a.yaml:2:1: the key "models" is there twice'],
    ['broken YAML', 'models: [a\nname: x\n', expect.stringMatching(/^a\.yaml:2:\d+: /)],
  ])('%s', async (_, content, expected) => {
    expect(await check('a.yaml', content)).toEqual(expected);
  });

  it('names all at once, in the order of the file', async () => {
    expect(await check('a.yaml', 'name: 3\nmodels: [a.gguf]\nlimt: 5\nprotocol: x\n')).toBe(
      [
        'a.yaml:1:7: name: expected text, got 3',
        'a.yaml:3:1: unknown key "limt" (did you mean "limit"?)',
        'a.yaml:4:11: protocol: expected one of serving, paper, got "x"',
      ].join('\n'),
    );
  });

  it('gives places in JSON too', async () => {
    expect(await check('a.json', '{\n  "models": ["a.gguf"],\n  "limt": 3\n}\n')).toBe(
      'a.json:3:3: unknown key "limt" (did you mean "limit"?)',
    );
    expect(await check('a.json', '{\n  "models": ["a.gguf"],\n}\n')).toMatch(/^a\.json:3:1: not valid JSON: /);
    expect(await check('a.json', '{ "models": ["a.gguf"]')).toMatch(/^a\.json:1:\d+: not valid JSON: /);
    expect(await check('a.json', "{ 'models': ['a'] }")).toMatch(/^a\.json:1:3: not valid JSON: /);
  });

  it('reads TypeScript, and says what is wrong in it', async () => {
    expect(await check('ok.ts', 'const name: string = "x";\nexport default { name, models: ["a.gguf"] };\n')).toBe(
      'accepted',
    );
    expect(await check('bad.ts', 'export default { models: ["a.gguf"], limt: 3 };\n')).toBe(
      'bad.ts: unknown key "limt" (did you mean "limit"?)',
    );
    expect(await check('none.ts', 'export const other = 1;\n')).toBe('none.ts: has no default export');
    expect(await check('throws.ts', 'throw new Error("no luck");\n')).toBe('throws.ts: cannot be loaded: no luck');
  });

  it('says why a file can not be read', async () => {
    expect(await check('missing.yaml')).toBe('missing.yaml: no such file');
    expect(await check('missing.ts')).toBe('missing.ts: no such file');
    expect(await check('a.toml', 'x = 1\n')).toBe(
      'a.toml: expected a suite file ending in .yaml, .yml, .json, .ts, .mts, .js or .mjs',
    );
    expect(await check('-')).toBe('stdin:2:1: unknown key "model" (did you mean "models"?)');
  });

  it('bounds what aliases can grow to', async () => {
    const lines = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...Array.from(
        { length: 12 },
        (_, index) =>
          `${'bcdefghijklm'[index]}: &${'bcdefghijklm'[index]} [${Array(9).fill(`*${'abcdefghijkl'[index]}`).join(', ')}]`,
      ),
    ];
    expect(await check('bomb.yaml', `${lines.join('\n')}\n`)).toBe('bomb.yaml: too many nested aliases (*name)');
  });
});

describe('finding a suite file', () => {
  it('takes the first of the known names', async () => {
    const empty = await mkdtemp(join(folder, 'find-'));
    expect(findSuiteFile(empty)).toBeUndefined();
    await writeFile(join(empty, 'perbench.config.ts'), '');
    expect(findSuiteFile(empty)).toBe('perbench.config.ts');
    await writeFile(join(empty, 'perbench.yaml'), '');
    expect(findSuiteFile(empty)).toBe('perbench.yaml');
  });
});
