import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suiteSchema } from '../../core/suite.ts';
import { normalizeFlags, resolveOptions } from '../options/resolve-options.ts';
import { parseCommandLine } from '../program.ts';
import { runOptions } from '../tables/measure-options.ts';
import { readSuiteFile } from './read-suite-file.ts';
import { checkSuite } from './check-suite.ts';
import { resolveSuite } from './suite-of-command.ts';
import { defaultSuiteChoices, suiteTemplate } from './suite-template.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-settings-'));
  await writeFile(
    join(folder, 'suite.yaml'),
    [
      'name: from-file',
      'models:',
      '  - ./models/a.gguf',
      '  - source: ~/b.gguf',
      '    name: b',
      '  - hf:owner/repo/c.gguf',
      'tasks:',
      '  - task: gsm8k',
      '    limit: 9',
      '  - imdb',
      'dataDir: data',
      'limit: 50',
      'seed: 4',
    ].join('\n'),
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function settings(
  argv: readonly string[],
  environment: Record<string, string> = {},
  workingFolder = '/work-here',
) {
  const parsed = parseCommandLine(normalizeFlags(['run', ...argv]), '1', () => undefined);
  const input = resolveOptions(runOptions, parsed?.given ?? {}, environment);
  return resolveSuite({
    input: { options: input.values, origins: input.origins },
    fileName: parsed?.arguments[0],
    world: { workingFolder, homeFolder: '/home/me', readStdin: async () => '' },
  });
}

const file = (): string => join(folder, 'suite.yaml');

describe('the suite of a command line', () => {
  it('takes paths of the file from its folder', async () => {
    const { suite } = await settings([file()]);
    expect(suite.models).toMatchObject([
      join(folder, 'models/a.gguf'),
      { source: '/home/me/b.gguf' },
      'hf:owner/repo/c.gguf',
    ]);
    expect(suite.dataDir).toBe(join(folder, 'data'));
  });

  it('puts flags above the environment above the file above the defaults', async () => {
    const { suite, settings: listed } = await settings([file(), '--seed', '6'], {
      PERBENCH_SEED: '5',
      PERBENCH_NAME: 'no',
      PERBENCH_LIMIT: '20',
    });
    expect(suite).toMatchObject({ seed: 6, limit: 20, name: 'from-file', launches: 3 });
    const origins = Object.fromEntries(listed.map(({ key, origin }) => [key, origin.from]));
    expect(origins).toMatchObject({
      seed: '--seed',
      limit: 'PERBENCH_LIMIT',
      name: `${file()}:1`,
      models: `${file()}:2`,
      launches: 'default',
    });
  });

  it('replaces the lists of the file by those of flags, paths from the working folder', async () => {
    const { suite } = await settings([file(), '-m', './x.gguf', '-m', 'smollm2-135m-instruct', '-t', 'mini']);
    expect(suite.models).toEqual(['/work-here/x.gguf', 'smollm2-135m-instruct']);
    expect(suite.tasks).toEqual(['mini']);
  });

  it('lets --limit and --shots stand above what the file says of one task', async () => {
    expect((await settings([file(), '--limit', '5'])).suite).toMatchObject({ limit: 5, tasks: ['gsm8k', 'imdb'] });
    expect((await settings([file(), '--shots', '3'])).suite.tasks).toEqual([
      { task: 'gsm8k', shots: 3, limit: 9 },
      { task: 'imdb', shots: 3 },
    ]);
  });

  it('takes a fraction of each task, rounded up', async () => {
    const { suite } = await settings(['-m', 'a.gguf', '-t', 'all', '--limit', '0.001']);
    expect(suite.tasks).toEqual([
      { task: 'imdb/per@1', limit: 1 },
      { task: 'hellaswag/per@1', limit: 11 },
      { task: 'arc_easy/letters@1', limit: 3 },
      { task: 'squad2/per@2', limit: 12 },
      { task: 'gsm8k/per@1', limit: 2 },
    ]);
  });

  it('reads how models think, for all of them', async () => {
    const given = ['-m', 'a.gguf', '--thinking'];
    expect((await settings([...given, 'off'])).suite.models).toMatchObject([
      { source: '/work-here/a.gguf', thinking: 'off' },
    ]);
    expect((await settings([...given, 'budget=2048,effort=low'])).suite.models).toMatchObject([
      { thinking: { budget: 2048, effort: 'low' } },
    ]);
    await expect(settings([...given, '1.5'])).rejects.toThrow(
      /--thinking: expected auto, off, on, tokens such as 2048, a word such as low, or budget=2048,effort=low, got "1\.5"/,
    );
  });

  it("reads lm-eval's model arguments", async () => {
    const { suite } = await settings([
      '--model',
      'hf',
      '--model_args',
      'pretrained=./x,tokenMs=2,loglikelihood=False',
      '--engine',
      'mock',
      '--apply_chat_template',
    ]);
    expect(suite.models).toEqual([
      {
        source: '/work-here/x',
        style: 'instruct',
        engine: 'mock',
        engineOptions: { tokenMs: 2, loglikelihood: false },
      },
    ]);
    await expect(settings(['-m', 'a.gguf', '--model_args', 'nonsense'])).rejects.toThrow(
      '--model-args: expected key=value, got "nonsense"',
    );
    await expect(settings(['-m', 'a.gguf', '--model_args', 'devic=cpu'])).rejects.toThrow(
      'options of engine llama: unknown key "devic" (did you mean "device"?)',
    );
  });

  it("reads lm-eval's models at servers", async () => {
    const given = ['--model', 'local-chat-completions', '--model_args'];
    const args =
      'model=O/m,base_url=http://127.0.0.1:8851/v1/chat/completions,num_concurrent=2,tokenizer=x,max_retries=3';
    const { suite, unused, settings: listed } = await settings([...given, args]);
    expect(suite.models).toEqual([
      { source: 'openai:http://127.0.0.1:8851/v1#O/m', style: 'instruct', engine: 'llama', engineOptions: {} },
    ]);
    expect([suite.concurrency, unused]).toEqual([2, ['tokenizer', 'max_retries']]);
    expect(listed.find(({ key }) => key === 'concurrency')?.origin.from).toBe('--model-args');
    expect((await settings([...given, args, '--concurrency', '5'])).suite.concurrency).toBe(5);
    expect((await settings([...given, args, '--style', 'base'])).suite.models).toMatchObject([{ style: 'base' }]);
    const other = ['--model', 'openai-completions', '--model_args', 'model=gpt,max_length=99,apiKeyVariable=MINE'];
    expect((await settings(other)).suite.models).toMatchObject([
      {
        source: 'openai:https://api.openai.com/v1#gpt',
        style: 'base',
        engineOptions: { contextTokens: 99, apiKeyVariable: 'MINE' },
      },
    ]);
    const gguf = ['--model', 'gguf', '--model_args', 'base_url=http://127.0.0.1:8000'];
    expect((await settings(gguf)).suite.models).toEqual(['openai:http://127.0.0.1:8000']);
    await expect(settings(['--model', 'local-completions'])).rejects.toThrow(
      '--model local-completions needs the address of the server',
    );
    await expect(settings([...given, 'base_url=http://h:1,num_concurrent=0'])).rejects.toThrow(
      '--model-args: num_concurrent: expected a whole number from 1 to 512, got "0"',
    );
    await expect(settings([...given, 'base_url=http://h:1,devics=2'])).rejects.toThrow(
      'options of engine openai: unknown key "devics" (did you mean "devices"?)',
    );
  });

  it('gives an engine the words that it takes as text', async () => {
    const optionsOf = async (args: string) =>
      (await settings(['-m', 'openai:http://h:1/v1#m', '--model-args', args])).suite.models;
    expect(await optionsOf('loglikelihood=none,retrySeconds=3,apiKeyVariable=123')).toMatchObject([
      { engineOptions: { loglikelihood: 'none', retrySeconds: 3, apiKeyVariable: '123' } },
    ]);
    const json = JSON.stringify({
      retrySeconds: 3,
      loglikelihood: 'none',
      body: { chat_template_kwargs: { a: true } },
    });
    expect(await optionsOf(json)).toMatchObject([
      { engineOptions: { retrySeconds: 3, loglikelihood: 'none', body: { chat_template_kwargs: { a: true } } } },
    ]);
    await expect(optionsOf('{"retrySeconds": 3')).rejects.toThrow(
      '--model-args: expected key=value pairs joined by commas, or a JSON object, got "{"retrySeconds": 3"',
    );
    await expect(optionsOf('loglikelihood=nonsense')).rejects.toThrow('options of engine openai: loglikelihood');
  });

  it('takes several models joined by commas, unless a file has that name', async () => {
    const modelsOf = async (...argv: readonly string[]) => (await settings(argv, {}, folder)).suite.models;
    const several = ['smollm2-135m-instruct', join(folder, 'a.gguf'), 'http://h:1/v1'];
    expect(await modelsOf('-m', 'smollm2-135m-instruct, ./a.gguf,http://h:1/v1', '-m', 'gemma-3-270m')).toEqual([
      ...several,
      'gemma-3-270m',
    ]);
    await writeFile(join(folder, 'x,y.gguf'), '');
    expect(await modelsOf('-m', './x,y.gguf')).toEqual([join(folder, 'x,y.gguf')]);
    const pinned = `https://host/a,b.gguf#sha256=${'ab'.repeat(32)}`;
    expect(await modelsOf('-m', pinned)).toEqual([pinned]);
    await expect(modelsOf('-m', 'a.gguf,,b.gguf')).rejects.toThrow(
      'expected models joined by commas, got "a.gguf,,b.gguf"',
    );
  });

  it('leaves addresses, and names that may be those of repositories, as they are', async () => {
    const models = ['localhost:8000/v1', 'openai:localhost:8000/v1', 'Qwen/Qwen2.5-0.5B-Instruct'];
    expect((await settings(models.flatMap((model) => ['-m', model]))).suite.models).toEqual(models);
    await mkdir(join(folder, 'models'), { recursive: true });
    await writeFile(join(folder, 'models/plain'), '');
    expect((await settings(['-m', 'models/plain'], {}, folder)).suite.models).toEqual([join(folder, 'models/plain')]);
  });

  it('says what else there is for a model that nobody knows', async () => {
    await expect(settings(['-m', 'nonsense'])).rejects.toMatchObject({
      message: 'unknown model "nonsense"',
      hint: expect.stringContaining('a server (http://host:8000/v1)'),
    });
  });

  it('refuses more sequences at once than an engine has, at the place of the model', async () => {
    const wide = join(folder, 'wide.yaml');
    await writeFile(wide, 'concurrency: 300\nmodels:\n  - { source: x, engine: mock }\n  - ./a.gguf\n');
    const problem = 'engine llama has a max concurrency of 256, got 300';
    await expect(settings([wide])).rejects.toThrow(`${wide}:4:5: ${problem}`);
    await expect(settings(['-m', 'a.gguf', '--concurrency', '300'])).rejects.toThrow(problem);
    expect((await settings([wide, '--concurrency', '256'])).suite.concurrency).toBe(256);
    expect((await settings([wide, '--concurrency', 'auto'])).suite.concurrency).toBe('auto');
    expect((await settings([wide, '--engine', 'mock'])).suite.concurrency).toBe(300);
  });

  it('says so when there is nothing to run', async () => {
    await expect(settings([], {}, '/nowhere')).rejects.toThrow('no models to run');
  });

  it('takes the suite file of the working folder only where no model is named', async () => {
    await writeFile(join(folder, 'perbench.yaml'), 'name: found\nmodels: [a.gguf]\n');
    expect((await settings([], {}, folder)).suite.name).toBe('found');
    expect((await settings(['-m', 'b.gguf'], {}, folder)).suite.name).toBe('perbench');
  });

  it('refuses unknown tasks of flags', async () => {
    await expect(settings(['-m', 'a.gguf', '-t', 'gsm9k'])).rejects.toThrow('unknown task "gsm9k"');
  });
});

describe('suite files of the package', () => {
  const suites = join(import.meta.dirname, '../../../suites');

  it('fit the schema', async () => {
    const names = await readdir(suites);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { document } = await readSuiteFile(join(suites, name), {
        workingFolder: suites,
        homeFolder: '',
        readStdin: async () => '',
      });
      expect(checkSuite(document).models.length).toBeGreaterThan(0);
    }
  });

  it('include what init writes, whatever was chosen', async () => {
    for (const limit of [undefined, 3]) {
      await writeFile(join(folder, 'init.yaml'), suiteTemplate({ ...defaultSuiteChoices, limit }));
      const { document } = await readSuiteFile('init.yaml', {
        workingFolder: folder,
        homeFolder: '',
        readStdin: async () => '',
      });
      expect(checkSuite(document)).toEqual(
        suiteSchema.parse({
          name: 'my-suite',
          models: [...defaultSuiteChoices.models],
          tasks: ['all'],
          limit,
          seed: 1,
        }),
      );
    }
  });
});
