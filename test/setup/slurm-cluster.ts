import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ifThere, isThere } from '../../src/files/if-there.ts';
import { slurmAddress, slurmFiles, slurmNodes, type SlurmOptions } from './slurm-files.ts';
import { testFolder } from './test-settings.ts';

const run = promisify(execFile);

/** Packages of Debian that a cluster needs. */
const packages = 'slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge iproute2';
const clients = ['sbatch', 'squeue', 'scancel', 'sinfo', 'scontrol'] as const;
const daemons = ['ip', 'setpriv', 'mknod', 'munged', 'slurmctld', 'slurmd'] as const;

/**
 * A Slurm of a test's own: a controller and three nodes that are all this machine, with GPUs that are none. It listens in a
 * network namespace that has only a loopback, under no name that anything else knows.
 */
export interface SlurmCluster extends AsyncDisposable {
  /** The environment of this process, with Slurm's commands, which reach this cluster. */
  readonly environment: Readonly<Record<string, string>>;
  /** A folder for tests, which nodes see. */
  readonly folder: string;
  /** The same environment without a controller to answer. */
  readonly deafEnvironment: Readonly<Record<string, string>>;
  /** Asks one of Slurm's commands. */
  ask(program: (typeof clients)[number], ...words: readonly string[]): Promise<string>;
  /**
   * Ends a node's daemon and what watches over its jobs. The jobs' own processes live on, as after a lost network: their
   * ids.
   */
  killNode(name: string): Promise<readonly number[]>;
  stopController(): Promise<void>;
  startController(): Promise<void>;
}

/** The paths of programs; the name of the first that isn't there. */
async function findPrograms(names: readonly string[]): Promise<ReadonlyMap<string, string> | string> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = new Map<string, string>();
  for (const name of names) {
    for (const folder of folders)
      if (!found.has(name) && (await isThere(join(folder, name)))) found.set(name, join(folder, name));
    if (!found.has(name)) return name;
  }
  return found;
}

/** Starts a cluster, or says why there can be none here. */
export async function startSlurm(options: SlurmOptions = {}): Promise<SlurmCluster | string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a Slurm for tests needs Linux and root';
  const programs = await findPrograms([...clients, ...daemons]);
  if (typeof programs === 'string') return `no ${programs} for a Slurm of tests: apt-get install ${packages}`;
  const space = `perbench-${randomBytes(4).toString('hex')}`;
  try {
    await run('ip', ['netns', 'add', space]);
  } catch (error) {
    return `no network namespace for a Slurm of tests: ${(error as Error).message.trim()}`;
  }
  const cluster = new Cluster(space, programs, await testFolder());
  try {
    await cluster.start(options);
  } catch (error) {
    const log = await ifThere(readFile(join(cluster.place, 'ctld.log'), 'utf8'));
    await cluster[Symbol.asyncDispose]();
    throw new Error(`Slurm doesn't start: ${(error as Error).message}\n${log ?? ''}`, { cause: error });
  }
  return cluster;
}

class Cluster implements SlurmCluster {
  readonly environment: Readonly<Record<string, string>>;
  readonly deafEnvironment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly place: string;
  readonly #space: string;
  readonly #programs: ReadonlyMap<string, string>;
  readonly #root: AsyncDisposable;
  readonly #children = new Map<string, ChildProcess>();

  constructor(space: string, programs: ReadonlyMap<string, string>, root: { readonly path: string } & AsyncDisposable) {
    this.#space = space;
    this.#programs = programs;
    this.#root = root;
    this.place = root.path;
    this.folder = join(root.path, 'shared');
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    this.environment = {
      ...inherited,
      PATH: [join(this.place, 'bin'), inherited['PATH']].join(delimiter),
      SLURM_CONF: join(this.place, 'slurm.conf'),
    };
    this.deafEnvironment = { ...this.environment, SLURM_CONF: join(this.place, 'deaf.conf') };
  }

  async start(options: SlurmOptions): Promise<void> {
    // Others than root look up munge's socket and key in it.
    await chmod(this.place, 0o711);
    for (const folder of ['shared', 'state', 'spool', 'dev', 'cgroups', 'bin', 'munge'])
      await mkdir(join(this.place, folder));
    for (const [name, text] of Object.entries(slurmFiles(this.place, hostname(), options)))
      await writeFile(join(this.place, name), text);
    // Slurm takes character devices only.
    for (let index = 0; index < 8; index += 1)
      await run('mknod', [join(this.place, 'dev', `nvidia${index}`), 'c', '1', '3']);
    for (const name of clients) await this.#writeClient(name);
    await run('ip', ['-n', this.#space, 'link', 'set', 'lo', 'up']);
    // With 127.x alone Slurm finds no address of its own.
    await run('ip', ['-n', this.#space, 'addr', 'add', `${slurmAddress}/32`, 'dev', 'lo']);
    await this.#startMunge();
    await this.startController();
    for (const { name } of slurmNodes) await this.#startNode(name);
  }

  async ask(program: (typeof clients)[number], ...words: readonly string[]): Promise<string> {
    const { stdout } = await run(program, words, { env: this.environment, timeout: 30_000 });
    return stdout;
  }

  async startController(): Promise<void> {
    this.#startDaemon('slurmctld', ['-D']);
    await this.#until('the controller answers', async () => (await this.ask('scontrol', 'ping')).includes('is UP'));
  }

  async stopController(): Promise<void> {
    // Killed, it would forget what it heard in the last seconds.
    await this.#kill('slurmctld', 'SIGTERM');
  }

  async #startNode(name: string): Promise<void> {
    this.#startDaemon('slurmd', ['-D', '-N', name], name);
    // With a star, it doesn't answer yet.
    await this.#until(
      `${name} is idle`,
      async () => (await this.ask('sinfo', '-h', '-n', name, '-o', '%T')).trim() === 'idle',
    );
  }

  async killNode(name: string): Promise<readonly number[]> {
    const jobs = (await this.ask('squeue', '-h', '-w', name, '-o', '%A')).split('\n').filter((id) => id !== '');
    await this.#kill(name);
    const orphans: number[] = [];
    for (const pid of await this.#processIds()) {
      const words = await this.#read(pid, 'cmdline');
      if (jobs.some((id) => words.includes(`slurmstepd: [${id}.`))) await this.#end(pid);
      else if ((await this.#read(pid, 'environ')).split('\0').includes(`SLURMD_NODENAME=${name}`)) orphans.push(pid);
    }
    return orphans;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Daemons, jobs, and what jobs have left behind.
    for (const pid of await this.#processIds()) tryKill(pid);
    await run('ip', ['netns', 'del', this.#space]);
    await rm(join(this.place, 'dev'), { recursive: true, force: true });
    await this.#root[Symbol.asyncDispose]();
  }

  async #processIds(): Promise<readonly number[]> {
    const { stdout } = await run('ip', ['netns', 'pids', this.#space]);
    return stdout
      .split('\n')
      .filter((id) => id !== '')
      .map(Number);
  }

  /** A process that has ended has no command line: only then what it has left behind hears nothing of its end any more. */
  async #end(pid: number): Promise<void> {
    process.kill(pid, 'SIGKILL');
    await this.#until(`process ${pid} has ended`, async () => (await this.#read(pid, 'cmdline')) === '');
  }

  async #read(pid: number, what: 'cmdline' | 'environ'): Promise<string> {
    return (await readFile(`/proc/${pid}/${what}`, 'utf8').catch(endedMeanwhile)) ?? '';
  }

  /** A command that reaches the namespace. */
  async #writeClient(name: string): Promise<void> {
    const file = join(this.place, 'bin', name);
    await writeFile(file, `#!/bin/sh\nexec ip netns exec ${this.#space} ${this.#programs.get(name)} "$@"\n`, {
      mode: 0o755,
    });
  }

  async #startMunge(): Promise<void> {
    const folder = join(this.place, 'munge');
    const at = (name: string): string => join(folder, name);
    await writeFile(at('key'), randomBytes(128), { mode: 0o600 });
    await run('chown', ['-R', 'munge:munge', folder]);
    const asMunge = ['--reuid', 'munge', '--regid', 'munge', '--clear-groups'];
    const files = [
      `--key-file=${at('key')}`,
      `--pid-file=${at('pid')}`,
      `--seed-file=${at('seed')}`,
      `--log-file=${at('log')}`,
    ];
    const munged = this.#programs.get('munged') ?? 'munged';
    this.#startDaemon('setpriv', [...asMunge, munged, '--foreground', `--socket=${at('socket')}`, ...files], 'munge');
    await this.#until('munge listens', async () => isThere(at('socket')));
  }

  #startDaemon(program: string, words: readonly string[], name: string = program): void {
    const path = this.#programs.get(program) ?? program;
    const child = spawn('ip', ['netns', 'exec', this.#space, path, ...words], {
      env: this.environment,
      stdio: 'ignore',
    });
    this.#children.set(name, child);
  }

  async #kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#children.get(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 60_000;
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > end) throw new Error(`not within a minute: ${what}`);
      await sleep(100);
    }
  }
}

/** What Linux says of files of a process that has just ended. */
function endedMeanwhile(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ENOENT'))) throw error;
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
