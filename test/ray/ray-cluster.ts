import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { isMissing } from '../../src/files/if-there.ts';

const run = promisify(execFile);

/** What a node of the cluster has; no head takes part. */
export const nodeResources = { CPU: 4, GPU: 8, alone: 1 } as const;
export const rayAddress = 'http://127.0.0.1:8265';
const headPort = 6380;
const storeBytes = '100000000';

/**
 * Real Ray on this machine, in the network namespace that this process is in: nodes are addresses of loopback. Nothing ends
 * it but the end of all that is in the namespace; scripts/try-ray.ts does that.
 */
export class RayCluster {
  readonly #program: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  /**
   * @param program the command `ray`
   * @param environment that nodes give to what they start
   */
  constructor(program: string, token: string, environment: Readonly<Record<string, string>>) {
    this.#program = program;
    this.#environment = {
      ...process.env,
      ...environment,
      RAY_AUTH_MODE: 'token',
      RAY_AUTH_TOKEN: token,
      // The machine is busy with other things: its memory says nothing of Ray's workers.
      RAY_memory_monitor_refresh_ms: '0',
    };
  }

  /** @param folder for sockets: their paths are short */
  async startHead(folder: string): Promise<void> {
    const dashboard = ['--dashboard-host=127.0.0.1', '--dashboard-port=8265'];
    const nothing = ['--num-cpus=0', '--num-gpus=0'];
    await this.#start('127.0.0.1', ['--head', `--port=${headPort}`, ...dashboard, ...nothing, `--temp-dir=${folder}`]);
  }

  /** @param labels such as `gpu=h100` */
  async startNode(address: string, labels: string): Promise<void> {
    const { CPU, GPU, ...custom } = nodeResources;
    const last = Number(address.split('.').at(-1));
    await this.#start(address, [
      `--address=127.0.0.1:${headPort}`,
      `--num-cpus=${CPU}`,
      `--num-gpus=${GPU}`,
      `--resources=${JSON.stringify(custom)}`,
      `--labels=${labels}`,
      // Nodes of one machine need ports of their own for the agents that serve logs.
      `--dashboard-agent-listen-port=${52_365 + last}`,
    ]);
  }

  /** Ends the daemon of a node as a power cut would. */
  killNode(address: string): void {
    kill(/(?:^|\/)raylet\0/, `--node_ip_address=${address}\0`);
  }

  /** Ends nodes with all workers of perbench, and with what watches over them first: it says nothing any more. */
  cutPower(addresses: readonly string[]): void {
    kill(/^ray::JobSupervisor/, '');
    for (const address of addresses) this.killNode(address);
    kill(/\/perbench\.cjs\0work\0/, '');
  }

  /** Ends the control store of the head: its dashboard takes requests and answers none. */
  killControlStore(): void {
    kill(/(?:^|\/)gcs_server\0/, '');
  }

  async #start(address: string, words: readonly string[]): Promise<void> {
    const common = [`--node-ip-address=${address}`, `--object-store-memory=${storeBytes}`, '--disable-usage-stats'];
    await run(this.#program, ['start', ...common, ...words], { env: this.#environment, timeout: 120_000 });
  }
}

/** Ends processes of this network namespace by their command lines. */
function kill(program: RegExp, word: string): void {
  const own = readlinkSync('/proc/self/ns/net');
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!program.test(command) || !command.includes(word) || readlinkSync(`/proc/${pid}/ns/net`) !== own) continue;
      process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      // It has ended meanwhile.
      if (!isMissing(error)) throw error;
    }
  }
}
