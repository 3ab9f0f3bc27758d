import { execFile } from 'node:child_process';
import { LauncherError } from '../../core/errors.ts';

export interface AskOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** With its controller down, a command of Slurm tries again for minutes. */
  readonly timeoutMs: number;
  /** What the command reads. */
  readonly input?: string | undefined;
}

/** How a command of Slurm ended. */
interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code, or why it couldn't be started, such as `ENOENT`. */
  readonly code: number | string | undefined;
  readonly isKilled: boolean;
}

const maxBytes = 64 * 2 ** 20;

/** Defaults of other commands that would hide jobs, or let `sbatch` wait for the end of what it submits. */
const misleading = /^(?:SQUEUE_.*|SCANCEL_.*|SBATCH_WAIT)$/;

async function runToEnd(program: string, words: readonly string[], options: AskOptions): Promise<Ended> {
  const { environment, signal, timeoutMs, input } = options;
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !misleading.test(name)));
  return new Promise((resolve) => {
    const settings = { env, signal, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxBytes } as const;
    const child = execFile(program, words, settings, (error, stdout, stderr) => {
      // Not where it printed too much, which has a code.
      const isKilled = error?.killed === true && typeof error.code !== 'string';
      resolve({ stdout, stderr, code: error === null ? 0 : (error.code ?? undefined), isKilled });
    });
    // A program that has ended doesn't read: how it ended tells why.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** What each line of an error may begin with. */
const prefix =
  /^(?:(?:\S*\/)?s\w+(?: error)?: )?(?:error: |fatal: )?(?:Batch job submission failed: |allocation failure: )?/;

/** Errors that a command of Slurm printed, in one line. */
export function slurmWords(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(prefix, '').trim())
    .filter((line) => line !== '' && !line.startsWith('Try "'));
  return [...new Set(lines)].slice(-3).join('; ');
}

const noAnswer = /contact|connect|controller|socket|timed out/i;

const hints: readonly (readonly [RegExp, string])[] = [
  [/partition/i, 'Set `partition` of cluster.slurm; sinfo lists them.'],
  [/account|qos/i, 'Set `account` and `qos` of cluster.slurm; sacctmgr show associations lists yours.'],
  [/time limit/i, 'Set `time` of cluster.slurm; sinfo shows the limits of partitions.'],
  [/gres|generic resource/i, 'Set `gres` of cluster.slurm; sinfo -o "%P %G" shows what nodes have.'],
  [/feature/i, 'Set `constraint` of cluster.slurm; sinfo -o "%P %f" shows the features of nodes.'],
  [
    /node configuration/i,
    'No node of the partition has so many GPUs or so much memory; see cluster.slurm and sinfo -o "%P %G %m".',
  ],
  [/unrecognized option|invalid option/i, 'Check `lines` of cluster.slurm.'],
  [noAnswer, 'Ask Slurm with scontrol ping; workers that run go on without it.'],
];

/**
 * What a command of Slurm prints.
 *
 * @param what is done, for the message: `Slurm ${what}: …`
 * @throws {LauncherError} if it isn't there, doesn't answer in time, or fails
 */
export async function askSlurm(
  program: string,
  words: readonly string[],
  what: string,
  options: AskOptions,
): Promise<string> {
  const { stdout, stderr, code, isKilled } = await runToEnd(program, words, options);
  options.signal.throwIfAborted();
  if (code === 0) return stdout;
  if (code === 'ENOENT')
    throw new LauncherError(`${program} of Slurm isn't on this machine`, {
      hint: "Use a machine with Slurm's commands, such as a login node; --print shows what would be submitted.",
    });
  const said = slurmWords(stderr);
  if (isKilled)
    throw new LauncherError(
      `Slurm ${what}: ${program} took more than ${options.timeoutMs / 1000} s${said === '' ? '' : `: ${said}`}`,
      { hint: 'Ask Slurm with scontrol ping; workers that run go on without it.' },
    );
  const problem = said === '' ? `${program} ended with ${code === undefined ? 'a signal' : `code ${code}`}` : said;
  throw new LauncherError(`Slurm ${what}: ${problem}`, {
    hint: hints.find(([pattern]) => pattern.test(problem))?.[1] ?? 'Check cluster.slurm of the suite.',
    isRefusal: said !== '' && !noAnswer.test(problem),
  });
}
