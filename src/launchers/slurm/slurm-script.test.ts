import { execFileSync } from 'node:child_process';
import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { slurmSettings } from '../../core/cluster-settings.ts';
import type { WorkerOrder } from '../../core/cluster.ts';
import { shapeOf } from '../../core/settings.ts';
import { caught } from '../../../test/setup/caught.ts';
import { type SlurmSettings, submissionOf, submissionText } from './slurm-script.ts';

const schema = z.strictObject(shapeOf(slurmSettings, z));

function settings(given: z.input<typeof schema> = {}): SlurmSettings {
  return schema.parse(given);
}

const order: WorkerOrder = {
  name: 'pb-20261124-163012-k3f9-o1-a1',
  runId: '20261124-163012-k3f9',
  attempt: 1,
  models: ['a'],
  needs: { gpus: 4, memoryBytes: 2 ** 31 + 1 },
  workers: 2,
  isExclusive: true,
  words: ['work', '20261124-163012-k3f9', '--store', 'postgres://pb@host/db', '--model', "it's a"],
};

const plain = { ...order, needs: { gpus: 0, memoryBytes: undefined }, workers: 1, isExclusive: false };

describe('a submission', () => {
  it('asks for what the order needs and the suite sets', () => {
    const given = {
      partition: 'gpu',
      time: '12:00:00',
      gres: 'gpu:h100',
      lines: ['-c 8', '--mail-type=END', '--nodelist n1'],
    };
    expect(submissionOf(order, settings(given), '/shared/100%').words).toEqual([
      '--parsable',
      '--requeue',
      '--open-mode=append',
      '--export=ALL',
      '--job-name=pb-20261124-163012-k3f9-o1-a1',
      '--comment={"run":"20261124-163012-k3f9","attempt":1}',
      '--array=0-1',
      '--chdir=/shared/100%',
      '--output=/shared/100%%/.perbench/jobs/pb-20261124-163012-k3f9-o1-a1.%a.log',
      '--gres=gpu:h100:4',
      '--mem=2049M',
      '--exclusive',
      '--partition=gpu',
      '--time=12:00:00',
      '-c',
      '8',
      '--mail-type=END',
      '--nodelist',
      'n1',
    ]);
  });

  it('asks for nothing where nothing is needed', () => {
    const { words } = submissionOf(plain, settings({ logs: '/logs' }), '/shared');
    expect(words.slice(6)).toEqual(['--array=0-0', '--chdir=/shared', `--output=/logs/${order.name}.%a.log`]);
  });

  it.each([
    ['nodelist=n1', 'cluster.slurm.lines: expected options such as --nodelist=n1, got "nodelist=n1"'],
    ['#SBATCH --nodelist=n1', 'expected options such as --nodelist=n1, got "#SBATCH --nodelist=n1"'],
    ['--array=0-9', 'cluster.slurm.lines: --array is set by perbench itself'],
    ['--output x.log', '--output is set by perbench itself'],
    ['-J name', '-J is set by perbench itself'],
    ['--clusters=other', 'perbench finds no jobs of another cluster, and --clusters=other names one'],
    ['-M other', 'and -M other names one'],
    ['--wait', '--wait is set by perbench itself'],
    ['--export=NONE', 'with --export=NONE workers would not get the environment, such as PGPASSWORD'],
    ['--export HOME,PATH', 'with --export HOME,PATH workers would not get the environment'],
  ])('refuses %s', (line, message) => {
    expect(caught(() => submissionOf(plain, settings({ lines: [line] }), '/shared'))).toMatchObject({
      code: 'PB_USAGE',
      message: expect.stringContaining(message) as string,
    });
  });

  it('lets options pass that only begin like those', () => {
    const lines = [
      '--wait-all-nodes=1',
      '--error-is-none=1',
      '--comment=project 7',
      '--export=ALL,A=1',
      '--export-file=x',
    ];
    expect(submissionOf(plain, settings({ lines }), '/shared').words.slice(-lines.length)).toEqual(lines);
  });
});

describe('the script', () => {
  it('is what a shell runs as it stands', () => {
    const { script } = submissionOf(
      order,
      settings({ setup: 'greet() {\n  echo hello\n}\ngreet', program: 'printf %s\\\\n' }),
      '/s',
    );
    expect(execFileSync('bash', { input: script, encoding: 'utf8' })).toBe(`hello\n${order.words.join('\n')}\n`);
  });

  it('says where perbench is not', () => {
    const { script } = submissionOf(order, settings({ program: 'none-such --flag' }), '/s');
    const error = caught(() =>
      execFileSync('bash', { input: script, env: { SLURMD_NODENAME: 'n7', PATH: process.env['PATH'] }, stdio: 'pipe' }),
    );
    expect(error).toMatchObject({ status: 127 });
    expect(String((error as { readonly stderr: Buffer }).stderr)).toBe(
      'n7: none-such: command not found; set program or setup of cluster.slurm\n',
    );
  });

  it('is printed with its command, as a shell takes both', () => {
    const text = submissionText(submissionOf(order, settings({ program: 'perbench' }), '/a folder'));
    const asked = execFileSync('bash', { input: `sbatch() { printf '%s\\n' "$@"; cat; }\n${text}`, encoding: 'utf8' });
    const { words, script } = submissionOf(order, settings({ program: 'perbench' }), '/a folder');
    expect(asked).toBe(`${words.join('\n')}\n${script}`);
  });
});
