import { spawnSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { perbenchBin } from '../../test/setup/perbench-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';

const mock = '{"models":[{"source":"a","engine":"mock"}],"tasks":["imdb/mini"],"protocol":"paper"}';

/** Names at which the system refuses, whoever asks. */
const badNames = {
  'a link to itself': 'loop.',
  'a name that is too long': `${'n'.repeat(300)}.`,
  'a file for a folder': 'file.txt/x.',
  'a folder for a file': 'folder.',
} as const;

/** Each way to name a file, with the ending that its reader wants. */
const places: readonly (readonly [what: string, ending: string, argv: (name: string) => readonly string[]])[] = [
  ['a suite file', 'yaml', (name) => ['run', name]],
  ['a suite file with --config', 'json', (name) => ['plan', '-c', name]],
  ['a suite program', 'mjs', (name) => ['plan', name]],
  ['a model', 'gguf', (name) => ['plan', '-m', `./${name}`, '-t', 'imdb/mini']],
  [
    'a chat template',
    'jinja',
    (name) => ['plan', '-m', 'smollm2-135m-instruct', '-t', 'imdb/mini', '--chat-template', name],
  ],
  ['a data folder', 'd', (name) => ['plan', 'ok.json', '-t', 'gsm8k', '--data-dir', name]],
  ['a task file', 'task.yaml', (name) => ['tasks', name]],
  ['a table of data', 'csv', (name) => ['tasks', name]],
  ['a data file', 'jsonl', (name) => ['init', 'task', name]],
  ['the store', 'db', (name) => ['list', '--store', name]],
  ['the store of a run', 'db', (name) => ['run', 'ok.json', '--store', name]],
  ['a table of scores', 'csv', (name) => ['score', name]],
  ['anchors', 'yaml', (name) => ['score', 'table.csv', '--anchors', name]],
  ['a file to import', 'json', (name) => ['import', name]],
  ['an exported run', 'json', (name) => ['compare', name, name]],
  ['an output', 'json', (name) => ['run', 'ok.json', '-o', name]],
  ['a suite file to write', 'yaml', (name) => ['init', name, '--force']],
  ['the working folder', 'd', (name) => ['-C', name, 'list']],
];

const cases = places.flatMap(([what, ending, argv]) =>
  Object.entries(badNames).map(([problem, start]) => [what, problem, argv(start + ending), start + ending] as const),
);

describe('what the system refuses', () => {
  it.each(cases)('at %s, %s, is one line and no bug', async (_, _problem, argv, name) => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'ok.json'), mock);
    await writeFile(join(folder.path, 'table.csv'), 'model,accuracy\na,0.5\n');
    await writeFile(join(folder.path, 'file.txt'), '');
    if (name.startsWith('loop.')) await symlink(name, join(folder.path, name));
    if (name.startsWith('folder.')) await mkdir(join(folder.path, name));
    const { code, stderr } = await runInProcess([...argv], { folder: folder.path });
    expect(stderr).not.toMatch(/bug in perbench|\n\s+at /);
    expect(code).not.toBe(1);
    // Nothing is silent: neither a list of no runs nor a plan without data.
    expect(stderr).not.toBe('');
  });

  it.each([
    ['loop.db', 'cannot be a store: a symbolic link leads back to itself (ELOOP)'],
    [`${'n'.repeat(300)}.db`, 'cannot be a store: the name is too long (ENAMETOOLONG)'],
    ['file.txt/x.db', 'cannot be a store: a part of the path is a file, not a folder (ENOTDIR)'],
    ['folder.db', 'cannot be a store: is a folder, not a file (EISDIR)'],
    ['pipe.db', 'cannot be a store: is a named pipe, not a file'],
    ['/dev/zero', '/dev/zero: cannot be a store: is a device, not a file'],
  ])('of a store that is no file, %s, is said', async (name, words) => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'file.txt'), '');
    await symlink('loop.db', join(folder.path, 'loop.db'));
    await mkdir(join(folder.path, 'folder.db'));
    spawnSync('mkfifo', [join(folder.path, 'pipe.db')]);
    for (const argv of [['list'], ['show', 'latest']]) {
      const { code, stderr, stdout } = await runInProcess([...argv, '--store', name], { folder: folder.path });
      expect(stdout + stderr).toContain(words);
      expect(code).not.toBe(0);
    }
  });

  it.each([
    ['a row of JSON lines', ['tasks', 'rows.jsonl'], 'rows.jsonl:2: `question` must be nested at most 100 levels deep'],
    ['a row of JSON', ['tasks', 'rows.json'], 'rows.json:1: `question` must be nested at most 100 levels deep'],
    ['a long number beside it', ['tasks', 'long.json'], 'long.json:1: `question` must be nested at most'],
    ['results of lm-eval', ['import', 'lm.json'], 'lm.json: nested more than 100 levels deep'],
    ['an exported run', ['compare', 'run.json', 'run.json'], 'run.json: nested more than 100 levels deep'],
    ['a task file', ['tasks', 'deep.task.json'], 'deep.task.json:1:120: nested more than 100 levels deep'],
  ] as const)('of values nested 100,000 deep, in %s, is one line', async (_, argv, words) => {
    await using folder = await testFolder();
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const row = `{"question":${deep},"answer":"1"}`;
    const files = {
      'rows.jsonl': `{"question":"1+1","answer":"2"}\n${row}\n`,
      'rows.json': `[${row},{"question":"1+1","answer":"2"}]`,
      'long.json': `[{"n":12345678901234567890,"question":${deep},"answer":"1"}]`,
      'lm.json': `{"lm_eval_version":"0.4.9","n-shot":{},"config":{"x":${deep}},"results":{"t":{}}}`,
      'run.json': `{"schema":"perbench-run/1","run":${deep}}`,
      'deep.task.json': `{"data":"a.csv","x":${deep}}`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
    const { code, stderr } = await runInProcess([...argv], { folder: folder.path });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/bug in perbench|\n\s+at /);
    expect(code).not.toBe(0);
  });

  it.each([
    [['run', 'folder.d'], 'folder.d: is a folder, not a suite file'],
    [['run', '/dev/zero'], '/dev/zero: is a device, not a file'],
    [['plan', 'two.yaml'], 'two.yaml:2:1: expected one YAML document, got several (---)'],
    [
      ['import', 'pointer.csv'],
      'pointer.csv: a pointer of Git LFS, not the file\nhint: Fetch the file with git lfs pull.',
    ],
    [['score', 'utf-32.csv'], 'utf-32.csv: in UTF-32, which is not read\nhint: Save the file as UTF-8.'],
    [['score', 'broken.csv'], 'hint: Save the file as UTF-8.'],
    [['score', 'wide.csv'], 'the table has a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 and 88 more'],
    [['score', 'table.csv', '-o', 'pipe.json'], 'is a named pipe, not a file\nhint: Name a file; /dev/stdout'],
    [['plan', '-t', 'imdb/mini', '-m', './a\n::error::b.gguf'], '/a ::error::b.gguf\nhint: '],
    [['import', 'nan.json'], 'available: acc,none, which is no number (NaN or null)'],
  ] as const)('says of %j what is wrong with it', async (argv, words) => {
    await using folder = await testFolder();
    const at = (name: string): string => join(folder.path, name);
    await mkdir(at('folder.d'));
    await writeFile(at('two.yaml'), 'models: [a]\n---\nmodels: [b]\n');
    await writeFile(at('pointer.csv'), 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n');
    await writeFile(at('table.csv'), 'model,accuracy\na,0.5\n');
    await writeFile(at('utf-32.csv'), Buffer.from('model,accuracy\na,0.5\n'.replaceAll(/./gsu, '$&\0\0\0')));
    await writeFile(at('broken.csv'), Buffer.from('model,accuracy\n\u0081\u008d,0.5\n', 'latin1'));
    await writeFile(at('wide.csv'), `${Array.from({ length: 100 }, (_, index) => `a${index}`).join(',')}\n`);
    await writeFile(
      at('nan.json'),
      '{"lm_eval_version":"0.4.9","n-shot":{},"model_name":"m","results":{"t":{"acc,none":NaN}},"config":{},"configs":{},"versions":{}}',
    );
    spawnSync('mkfifo', [at('pipe.json')]);
    const { code, stderr } = await runInProcess([...argv], { folder: folder.path });
    expect(stderr).toContain(words);
    expect(code).not.toBe(0);
  });

  it.each(['/dev/stdout', '/dev/fd/1'])('lets %s be written into a file as well', async (stream) => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'table.csv'), 'model,accuracy,throughput,latency,memory\na,0.5,1,2,3\n');
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', `"$0" "$1" score table.csv -q -o ${stream} > out; cat out`, process.execPath, perbenchBin],
      {
        cwd: folder.path,
        encoding: 'utf8',
      },
    );
    expect(status).toBe(0);
    expect(stdout).toContain('"scoreboards"');
  });

  it.each([
    ['a suite file', ['plan', 'secret.json'], 'secret.json: permission denied (EACCES)'],
    ['a model', ['plan', '-m', './secret.gguf', '-t', 'imdb/mini'], 'secret.gguf: permission denied (EACCES)'],
    ['a table', ['score', 'secret.csv'], 'secret.csv: permission denied (EACCES)'],
    ['an output', ['score', 'table.csv', '-o', 'x.json'], 'x.json cannot be written: permission denied (EACCES)'],
    ['a new store', ['run', 'ok.json'], '.perbench: permission denied (EACCES)'],
    ['a file to import', ['import', 'secret.json'], 'secret.json: permission denied (EACCES)'],
    ['anchors', ['score', 'table.csv', '--anchors', 'secret.json'], 'secret.json: '],
    ['a file to write', ['init'], 'perbench.yaml: cannot be written: permission denied (EACCES)'],
  ] as const)('of rights, at %s, is one line and no bug', async (_, argv, words) => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'ok.json'), mock);
    await writeFile(join(folder.path, 'table.csv'), 'model,accuracy\na,0.5\n');
    for (const ending of ['json', 'gguf', 'csv'])
      await writeFile(join(folder.path, `secret.${ending}`), mock, { mode: 0 });
    await chmod(folder.path, 0o555);
    // The system refuses root nothing.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { status, stderr } = spawnSync(process.execPath, [perbenchBin, ...argv], {
      ...user,
      cwd: folder.path,
      env: { HOME: folder.path, XDG_CACHE_HOME: join(folder.path, 'cache') },
      encoding: 'utf8',
    });
    await chmod(folder.path, 0o755);
    expect(stderr).toContain(words);
    expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
    expect([2, 5]).toContain(status);
  });
});
