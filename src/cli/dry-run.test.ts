import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startHubServer } from '../../test/setup/hub-server.ts';
import { ggufBytes } from '../../test/setup/make-gguf.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perbench-dry-'));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(folder, 'suites'));
  cpSync(join(import.meta.dirname, '../../suites/paper.yaml'), join(folder, 'suites/paper.yaml'));
});

const paper = ['run', 'suites/paper.yaml', '--task', 'mini', '--dry-run'];

it('a repository of the hub means its only file, or has its files listed', async () => {
  const file = (repo: string, path: string) => ({ repo, path, content: ggufBytes(2000, path) });
  await using hub = await startHubServer([file('o/one', 'm.gguf'), file('o/two', 'a.gguf'), file('o/two', 'b.gguf')]);
  const environment = { HF_ENDPOINT: hub.endpoint };
  const plan = async (model: string) =>
    runInProcess(['run', '-m', model, '-t', 'imdb/mini', '--dry-run', '--json'], { folder, environment });
  expect((await plan('hf:o/one')).stdout).toContain('"name":"m","source":"hf:o/one/m.gguf"');
  const { code, stdout } = await plan('hf:o/two');
  expect([code, stdout]).toEqual([2, expect.stringContaining('Name one of them:\\n  hf:o/two/a.gguf')]);
});

describe("the paper's models", () => {
  it('fit on 8 GPUs of 80 GiB, by estimates that say so', async () => {
    const { code, stdout, stderr } = await runInProcess([...paper, '--gpu-memory', '80GiB', '--gpus', '8'], { folder });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const [heading, ...models] = stdout.split('\n\n')[0]?.split('\n') ?? [];
    expect(heading).toMatch(/^model +source +to download +memory *$/);
    expect(models).toHaveLength(16);
    expect(models.find((line) => line.startsWith('llama-3.1-70b'))).toMatch(
      /^llama-3\.1-70b-instruct +meta-llama\/Llama-3\.1-70B-Instruct +about 131\.4 GiB +about 20\.9 GiB x 8$/,
    );
    expect(stdout).toContain('GPUs: 8 assumed, 80.0 GiB each\nmemory per GPU is an estimate: weights by data type');
    expect(stdout).toMatch(
      /\ntime unknown for (\d+) of \1 cells: nothing was probed; perbench plan probes models and data on this machine\n/,
    );
    // Nothing was fetched, started or stored.
    expect(readdirSync(folder)).toEqual(['suites']);
  });

  it("don't all fit on GPUs of 24 GiB: each is named with its need", async () => {
    const { code, stderr } = await runInProcess([...paper, '--gpu-memory', '24GiB', '--gpus', '4'], { folder });
    expect(code).toBe(5);
    const said = stderr.split('\n').filter((line) => line !== '');
    expect(said.map((line) => /^warning: (\S+) needs/.exec(line)?.[1])).toEqual([
      'qwen2.5-72b-instruct',
      'phi-3.5-mini-instruct',
      'mistral-7b-instruct-v0.3',
      'llama-3.1-8b-instruct',
      'llama-2-13b-chat',
      'vicuna-13b-v1.5',
      'llama-3.1-70b-instruct',
      'llama-2-70b-chat',
    ]);
    expect(said[0]).toMatch(/needs 8 GPUs with about 21\.4 GiB each; only 4 available$/);
  });

  it('are planned by size with units alone', async () => {
    const { code, stderr } = await runInProcess([...paper, '--gpu-memory', '80'], { folder });
    expect(code).toBe(2);
    expect(stderr).toContain('expected a size such as 80GiB or 24576MiB, got "80"');
  });
});
