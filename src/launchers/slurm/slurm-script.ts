import { join, resolve } from 'node:path';
import type { ClusterSettings } from '../../core/cluster-settings.ts';
import type { WorkerOrder } from '../../core/cluster.ts';
import { UsageError } from '../../core/errors.ts';
import { shellWord } from '../../core/shell-word.ts';

export type SlurmSettings = NonNullable<ClusterSettings['slurm']>;

/** What `sbatch` is given. */
export interface Submission {
  readonly words: readonly string[];
  /** What it reads. */
  readonly script: string;
}

const mebibyte = 2 ** 20;

/** Folder for logs: workers write there, whoever follows them reads there. */
export function logFolder({ logs = '.perbench/jobs' }: SlurmSettings, workingFolder: string): string {
  return resolve(workingFolder, logs);
}

/** The log of a worker; `index` is its place in the array. */
export function logFile(folder: string, orderName: string, index: string): string {
  return join(folder, `${orderName}.${index}.log`);
}

/** Options that perbench sets itself: with others it wouldn't find its jobs or logs again, or would wait for their end. */
const own = /^(?:-[JaoeWD]|--(?:job-name|array|output|error|wait|wrap|chdir|parsable|test-only)(?![\w-]))/;

/** Another cluster than the one that `squeue` and `scancel` ask. */
const elsewhere = /^(?:-M|--clusters?(?![\w-]))/;

/** `lines` as words of `sbatch`; `--nodelist n1` is two. */
function furtherWords(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const option = line.trim();
    if (!option.startsWith('-'))
      throw new UsageError(`cluster.slurm.lines: expected options such as --nodelist=n1, got "${line}"`);
    if (own.test(option))
      throw new UsageError(`cluster.slurm.lines: ${option.split(/[\s=]/)[0]} is set by perbench itself`, {
        hint: 'Remove it; `logs` sets the folder for logs.',
      });
    // Later words win, also over perbench's own.
    if (/^--export[\s=]+(?!ALL\b)/i.test(option))
      throw new UsageError(
        `cluster.slurm.lines: with ${option} workers would not get the environment, such as PGPASSWORD`,
        {
          hint: 'Leave it out: all variables are passed on. Others are added by --export=ALL,NAME=value.',
        },
      );
    if (elsewhere.test(option))
      throw new UsageError(`cluster.slurm.lines: perbench finds no jobs of another cluster, and ${option} names one`, {
        hint: 'Remove it, and start perbench where that cluster is the default one.',
      });
    const [, name, value] = /^(--?[\w-]+)\s+(.+)$/s.exec(option) ?? [];
    return name === undefined || value === undefined ? [option] : [name, value];
  });
}

/** Of the suite; later words win, so that `lines` can change any of them. */
function settingWords({ partition, account, qos, time, constraint, lines }: SlurmSettings): readonly string[] {
  const given = Object.entries({ partition, account, qos, time, constraint });
  return [
    ...given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    ...furtherWords(lines),
  ];
}

/** What the order needs of its node. Slurm gives a job alone on its node all CPUs, but only the memory that it asks for. */
function needWords({ needs, isExclusive }: WorkerOrder, { gres }: SlurmSettings): readonly string[] {
  const { gpus, memoryBytes } = needs;
  return [
    ...(gpus > 0 ? [`--gres=${gres}:${gpus}`] : []),
    ...(memoryBytes === undefined ? [] : [`--mem=${Math.ceil(memoryBytes / mebibyte)}M`]),
    ...(isExclusive ? ['--exclusive'] : []),
  ];
}

/**
 * Shell lines of a worker. It takes the place of the shell: a signal that ends the job is the worker's to handle. A node
 * without perbench says so in one line of the log.
 */
function scriptOf({ words }: WorkerOrder, { setup, program }: SlurmSettings): string {
  return [
    '#!/bin/bash',
    ...(setup === undefined ? [] : [setup]),
    `set -- ${[program, ...words.map(shellWord)].join(' ')}`,
    'if ! command -v "$1" > /dev/null; then',
    '  echo "${SLURMD_NODENAME:-$(uname -n)}: $1: command not found; set program or setup of cluster.slurm" >&2',
    '  exit 127',
    'fi',
    'exec "$@"',
    '',
  ].join('\n');
}

/**
 * An array of the order's workers. Options stand on the command line, where they win over variables such as
 * `SBATCH_PARTITION`, which the user's profile may set as defaults.
 *
 * @throws {UsageError} for lines that are no options, or perbench's own
 */
export function submissionOf(order: WorkerOrder, settings: SlurmSettings, workingFolder: string): Submission {
  const { name, runId, attempt, workers } = order;
  // Slurm replaces %a and the like in it.
  const folder = logFolder(settings, workingFolder).replaceAll('%', '%%');
  return {
    words: [
      '--parsable',
      '--requeue',
      '--open-mode=append',
      '--export=ALL',
      `--job-name=${name}`,
      `--comment=${JSON.stringify({ run: runId, attempt })}`,
      `--array=0-${workers - 1}`,
      `--chdir=${workingFolder}`,
      `--output=${logFile(folder, name, '%a')}`,
      ...needWords(order, settings),
      ...settingWords(settings),
    ],
    script: scriptOf(order, settings),
  };
}

/** The same as a person submits it. */
export function submissionText({ words, script }: Submission): string {
  return [`sbatch ${words.map(shellWord).join(' ')} <<'PERBENCH'`, `${script}PERBENCH`, ''].join('\n');
}
