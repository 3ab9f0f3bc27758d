import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

const longestLog = 2 ** 20;

/** A container that is a local process in a group of its own. */
export class FakeContainer {
  readonly devices: readonly number[];
  readonly startedAt = new Date().toISOString();
  /** What the API server was told last. */
  reported: 'nothing' | 'running' | 'ended' = 'nothing';
  log = '';
  #isAsked = false;
  #exitCode: number | undefined;
  readonly #child: ChildProcess;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>, devices: readonly number[]) {
    this.devices = devices;
    const [program = '', ...words] = command;
    this.#child = spawn(program, words, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, CUDA_VISIBLE_DEVICES: devices.join(',') },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (part: Buffer) => {
        this.log = (this.log + part.toString()).slice(-longestLog);
      });
    this.#child.on('error', (error) => {
      this.log += `${error.message}\n`;
      this.#exitCode ??= 128;
    });
    this.#child.on('close', (code, signal) => {
      this.#exitCode ??= code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
    });
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Asks it once to end, and ends it when its time is over. */
  end(graceSeconds: number): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.signal('SIGTERM');
    setTimeout(() => {
      this.signal('SIGKILL');
    }, graceSeconds * 1000).unref();
  }

  /** To all of its processes; those that have ended hear nothing. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#exitCode !== undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Arguments as Kubernetes hands them on: `$(NAME)` is a variable, `$$` a dollar sign. */
export function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/gu, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? whole),
  );
}
