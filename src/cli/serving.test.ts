import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { storeTwoModels } from '../../test/setup/two-models.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-serve-cli-'));
  await storeTwoModels(join(folder, 'clear.db'), [[95, 92]]);
  await storeTwoModels(join(folder, 'none.db'), [[20, 10]]);
  await storeTwoModels(join(folder, 'wrong.db'), [[0, 95]]);
  await storeTwoModels(join(folder, 'each.db'), [
    [95, 60],
    [20, 95],
  ]);
  await storeTwoModels(join(folder, 'some.db'), [
    [95, 60],
    [0, 0],
  ]);
  const models = [{ source: 'yes', engine: 'mock', engineOptions: { answers: ['positive'], tokenMs: 0.1 } }];
  const brief = { concurrency: 1, launches: 1, windowSeconds: 0.05, latencyRequests: 3 };
  await writeFile(join(folder, 'mock.json'), JSON.stringify({ models, tasks: ['imdb/mini'], limit: 4, ...brief }));
  await perbench('run', 'mock.json', '-q', '--store', 'mock.db');
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('perbench decide --serve', () => {
  it('prints nothing but the command of the recommended model, and writes it', async () => {
    const { stdout, stderr, code } = await perbench(
      'decide',
      '--store',
      'clear.db',
      '--serve',
      '-o',
      'serve.sh',
      '-o',
      'd.json',
    );
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(/^llama-server \\\n {2}--model \/models\/small\.gguf \\\n {2}--alias small \\\n/u);
    expect(stdout).toMatch(/\n\n# small as measured in run 20261124-170000-srv1\n/u);
    expect(stderr).toMatch(/small.* first/u);
    expect(await read('serve.sh')).toBe(stdout);
    expect(JSON.parse(await read('d.json'))).toMatchObject({ schema: 'perbench-decision/2' });
  });

  it('takes the form from the ending of the file', async () => {
    const { stdout } = await perbench('decide', '--store', 'clear.db', '--serve', '-o', 'serve.yaml');
    expect(await read('serve.yaml')).toBe(stdout);
    expect(parseAllDocuments(stdout).map((each) => (each.toJS() as { readonly kind: string }).kind)).toEqual([
      'Deployment',
      'Service',
    ]);
    await perbench('decide', '--store', 'clear.db', '--as', 'modelfile', '-o', 'Modelfile');
    expect(await read('Modelfile')).toMatch(/^FROM \/models\/small\.gguf\n/u);
    const docker = await perbench('decide', '--store', 'clear.db', '--as', 'docker', '-o', 'run.sh');
    expect(await read('run.sh')).toBe(docker.stdout);
    expect(docker.stdout).toMatch(/^docker run /u);
  });

  it('serves another model that is named, and records it', async () => {
    const { stdout, code } = await perbench(
      'decide',
      '--store',
      'none.db',
      '--serve',
      'llama-server',
      '--model',
      'large',
      '--json',
    );
    expect(code).toBe(exitCodes.done);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ event }) => event === 'serving')).toMatchObject({
      model: 'large',
      server: 'llama-server',
      form: 'shell',
    });
  });

  it('serves nothing where no model is recommended, and says so by the exit code of the decision', async () => {
    const { stdout, stderr, code } = await perbench('decide', '--store', 'none.db', '--serve');
    expect(code).toBe(exitCodes.gateFailed);
    expect(stdout).toBe('');
    expect(stderr).toContain('No model is usable.');
    expect(stderr).toContain('Nothing to serve: no model is usable.');
  });

  it('serves nothing where each task has a model of its own: no prose in the script, and no exit code of success', async () => {
    const each = await perbench('decide', '--store', 'each.db', '--serve', '-o', 'each.yaml');
    expect(each.code).toBe(exitCodes.gateInconclusive);
    expect(each.stdout).toBe('');
    expect(each.stderr).toContain('Nothing to serve: each task has a model of its own');
    await expect(read('each.yaml')).rejects.toThrow('ENOENT');
    const one = await perbench('decide', '--store', 'each.db', '--serve', '-t', 'gsm8k/mini');
    expect([one.code, one.stdout]).toEqual([exitCodes.done, expect.stringContaining('--model /models/large.gguf')]);
  });

  it('serves nothing where only some tasks have a model: it names them', async () => {
    const some = await perbench('decide', '--store', 'some.db', '--serve');
    expect([some.code, some.stdout]).toEqual([exitCodes.gateInconclusive, '']);
    expect(some.stderr).toContain(
      'Nothing to serve: only imdb/mini@2 has a recommended model: choose a task with -t, or a model with --model.',
    );
  });

  it('serves nothing of an imported run: to name a model would not help', async () => {
    const results = { gsm8k: { alias: 'gsm8k', 'exact_match,strict-match': 0 } };
    const told = { results, versions: { gsm8k: 3 }, 'n-samples': { gsm8k: { original: 1319, effective: 1319 } } };
    await writeFile(
      join(folder, 'results_a.json'),
      JSON.stringify({ ...told, model_name: 'a', lm_eval_version: '0.4.13' }),
    );
    await perbench('import', 'results_a.json', '--store', 'told.db');
    const { stdout, stderr } = await perbench('decide', '--store', 'told.db', '--serve');
    expect(stdout).toBe('');
    expect(stderr).toContain("Nothing to serve: how an imported run was served isn't known.");
  });

  it.each([
    [
      ['--store', 'clear.db', '--serve', 'vllm'],
      /small can't be served by vllm as it was measured: .*\n.*hint: Name llama-server or ollama/u,
    ],
    [['--store', 'clear.db', '--serve', 'tgi'], /expected nothing or one of vllm, sglang, llama-server, ollama/u],
    [['--store', 'clear.db', '--model', 'large'], /--model names the model to serve\n.*Add --serve or --brief/u],
    [['--store', 'clear.db', '--serve', '--model', 'lagre'], /has no model "lagre".*\n.*Did you mean "large"/u],
    [['--store', 'clear.db', '--brief', 'b.pdf'], /--brief b\.pdf: unknown format\n.*\.md/u],
    [['--store', 'clear.db', '--brief', 'b.md', '-o', 'b.md'], /b\.md is named twice/u],
    [
      ['--store', 'clear.db', '--serve', '-o', 'x.yaml', '-o', 'x.sh'],
      /--out x\.sh: the command is written as kubernetes.*\n.*one form at a time/u,
    ],
    [['--store', 'clear.db', '--as', 'kubernetes', '-o', 'x.sh'], /--out x\.sh: the command is written as kubernetes/u],
    [
      ['base.json'],
      /base\.json is a file: decide reads runs of the store\n.*exported runs are for perbench cost, compare/u,
    ],
    [['--table', 'x.csv', '--serve'], /a table doesn't say how its models were run/u],
    [['--store', 'mock.db', '--serve', '--model', 'yes'], /yes was run by the engine mock/u],
  ])('refuses %j', async (argv, message) => {
    const { stderr, code } = await perbench('decide', ...argv);
    expect([code, stderr]).toEqual([exitCodes.usage, expect.stringMatching(message)]);
  });
});

describe('perbench decide --brief', () => {
  it('has answer, numbers, limits, how to repeat it and how to serve it', async () => {
    const { stdout, code } = await perbench(
      'decide',
      '--store',
      'clear.db',
      '--min-accuracy',
      '0.6',
      '--brief',
      'b.md',
      '--brief',
      'b.html',
    );
    expect(code).toBe(exitCodes.done);
    expect(stdout).toContain('which model for imdb/mini@2, with accuracy >= 0.6?');
    expect(await read('b.md')).toMatchInlineSnapshot(`
      "# Probably small: it is first, but speed was measured in one launch.

      which model for imdb/mini@2, with accuracy \\>= 0.6? (PER-A/2026-1/cpu)

      ## Why

      small is right 95 times in 100, takes 50.0 ms for an answer and needs 512 MiB; compared with large: 2.0x faster and needs 50 % of the memory, no clear difference in accuracy.

      How sure: first; speed was measured in one launch.

      ## Numbers

      ### IMDB, mini set

      | model | PER-A | accuracy | throughput, items/s | latency, ms | memory, GiB |
      | :-- | --: | --: | --: | --: | --: |
      | small | 0.824 | 0.950 \\[0.888, 0.978\\] | 20.0 \\[19.8, 20.2\\] | 50.0 \\[49.5, 50.5\\] | 0.500 \\[0.495, 0.505\\] |
      | large | 0.706 | 0.920 \\[0.850, 0.959\\] | 10.00 \\[9.90, 10.10\\] | 100 \\[99, 101\\] | 1.00 \\[0.99, 1.01\\] |

      ## Runner-up, and what would change the answer

      - **runner-up**: large 0.706: needs accuracy 1.28: cannot be first at any accuracy

      ## What this does not cover

      - one prompt, one engine, these settings and this hardware: another of them may change every number
      - performance of large and small comes from a single launch: no score intervals, no significant differences, P(1st) assumes 20 % between launches

      ## Measured on

      - **machine**: Test CPU, 2 cores, 8.0 GiB, Linux, 6.1.0
      - **engine**: llama.cpp 0.5.0 (zen4)
      - **weights of small**: /models/small.gguf
      - **perbench**: 0.1.0, Node v24.21.0
      - **load**: 4 requests at once, serving protocol, seed 1
      - **launches of small**: 1

      ## To repeat it

      - **run**: 20261124-170000-srv1 (quick check), 1970-01-01

      \`\`\`sh
      perbench run suite.yaml
      perbench decide 20261124-170000-srv1 --store clear.db --min-accuracy 0.6 --brief b.md --brief b.html
      \`\`\`

      Its suite, with what its flags said; everything else is the default:

      \`\`\`yaml
      models:
        - source: /models/small.gguf
          name: small
        - source: /models/large.gguf
          name: large
      tasks:
        - imdb/mini
      concurrency: 4
      \`\`\`

      ## To serve it

      \`\`\`sh
      llama-server \\
        --model /models/small.gguf \\
        --alias small \\
        --host 127.0.0.1 \\
        --port 8080 \\
        --ctx-size 2048 \\
        --parallel 4 \\
        --metrics \\
        --cache-ram 0 \\
        --no-cache-prompt \\
        --device none \\
        --temp 0
      \`\`\`

      - **first**: put the measured weights back: there is no /models/small.gguf on this machine
      - **requests**: temperature 0, as the command sets it: requests that name another differ
      - **not measured**: llama-server: the settings are the same, but speed, memory and the rounding of answers through it were not measured; the network, and what a server adds: there was none in between; more than 4 requests at once: further ones wait for their turn; prompts of more than 500 tokens, and answers of more than 4; other contexts: none was set, and 512 tokens is what the longest prompt and answer took, rounded up; reuse of prompts that begin alike: it was off while time was measured; other machines than that one
      "
    `);
    const page = await read('b.html');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/u);
    // Nothing is loaded, nothing runs.
    expect(page).not.toMatch(/<script|src=|url\(|<link/u);
    expect(page).toContain('<pre><code>llama-server \\');
  });

  it.each([
    [
      ['latest', '--max-latency', '2'],
      ['--max-latency', '2'],
    ],
    [
      ['--max-latency', '2', 'latest'],
      ['--max-latency', '2'],
    ],
    [
      ['--weights', 'acc=0.2', '20261124'],
      ['--weights', 'acc=0.2'],
    ],
    [
      ['--model', 'large'],
      ['--model', 'large'],
    ],
  ])('is repeated with the run itself in place of %j', async (argv, others) => {
    await perbench('decide', ...argv, '--store', 'clear.db', '--brief', 'again.md');
    const line = [
      'perbench',
      'decide',
      '20261124-170000-srv1',
      ...others,
      '--store',
      'clear.db',
      '--brief',
      'again.md',
    ];
    expect(await read('again.md')).toContain(`\n${line.join(' ')}\n`);
  });

  it('says so where it serves another model than the answer names, and has no manifest', async () => {
    await perbench('decide', '--store', 'clear.db', '--as', 'kubernetes', '--model', 'large', '--brief', 'other.md');
    const other = await read('other.md');
    expect(other).toContain('This serves large, which is not what the answer names.');
    expect(other).toMatch(/\*\*measured\*\*: .*imdb\/mini@2: accuracy 0\.920/u);
    expect(other).toContain('```sh\nllama-server');
  });

  it('has an interval for each number, however wide', async () => {
    await perbench('decide', '--store', 'wrong.db', '--brief', 'wrong.md');
    expect(await read('wrong.md')).toMatch(/\| small \|.*\| 0\.000 \\\[0\.000, 0\.037\\\] \|/u);
  });

  it('says why there is nothing to serve', async () => {
    await perbench('decide', '--store', 'none.db', '--brief', 'none.md');
    expect(await read('none.md')).toContain('## To serve it\n\nNothing to serve: no model is usable.');
    await perbench('decide', '--store', 'mock.db', '--brief', 'mock.md', '--model', 'yes');
    expect(await read('mock.md')).toContain('yes was run by the engine mock');
    await writeFile(join(folder, 't.csv'), 'task,model,accuracy,throughput,latency,memory_mib\ngsm8k,a,0.9,9,9,9');
    expect((await perbench('decide', '--table', 't.csv', '--brief', 't.html')).code).not.toBe(exitCodes.bug);
    const table = await read('t.html');
    expect(table).not.toMatch(/To serve it|--model/u);
    expect(table).toContain('perbench decide --table t.csv --brief t.html');
  });
});
