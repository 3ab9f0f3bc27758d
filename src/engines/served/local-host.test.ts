import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { placeFakeSmi } from '../../../test/setup/fake-smi.ts';
import type { MemoryReading } from '../../core/meter.ts';
import { systemFolders } from '../../meters/proc-file.ts';
import { linuxSystem } from '../../meters/systems/linux.ts';
import type { System } from '../../meters/systems/system.ts';
import { localHost } from './local-host.ts';

const mebibyte = 2 ** 20;
const noTools = { nvidiaProgram: '/nowhere/smi', amdProgram: '/nowhere/smi' };

interface Listener {
  readonly name?: string;
  readonly residentMebibytes?: number;
  /** What it has open beside its socket. */
  readonly opened?: string;
}

/** A Linux with process 7 listening on port 8000, and its child 8. */
function placeSystem({ name = 'vllm', residentMebibytes = 500, opened }: Listener): System {
  const proc = mkdtempSync(join(tmpdir(), 'perbench-proc-'));
  onTestFinished(() => rmSync(proc, { recursive: true, force: true }));
  mkdirSync(join(proc, 'net'));
  const row = `0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242`;
  writeFileSync(join(proc, 'net/tcp'), `heading\n${row}\n`);
  for (const [pid, parent] of [
    [7, 1],
    [8, 7],
  ] as const) {
    const folder = join(proc, String(pid));
    mkdirSync(join(folder, 'fd'), { recursive: true });
    writeFileSync(join(folder, 'stat'), `${pid} (${name}) S ${parent} ${'0 '.repeat(40)}`);
    const kibibytes = residentMebibytes * 512;
    writeFileSync(join(folder, 'status'), `VmHWM:\t${kibibytes} kB\nVmRSS:\t${kibibytes} kB\n`);
  }
  symlinkSync('socket:[4242]', join(proc, '7/fd/3'));
  if (opened !== undefined) symlinkSync(opened, join(proc, '8/fd/9'));
  return linuxSystem({ ...systemFolders, proc });
}

async function readingOf(
  listener: Listener,
  { tools = noTools, weightsBytes }: { readonly tools?: typeof noTools; readonly weightsBytes?: number } = {},
): Promise<MemoryReading | undefined> {
  const system = placeSystem(listener);
  return localHost({ baseUrl: 'http://127.0.0.1:8000/v1', weightsBytes, tools, system }).memory?.();
}

describe('memory of a server at an address of this machine', () => {
  it('is resident memory, where there is no GPU', async () => {
    expect(await readingOf({})).toEqual({
      nowBytes: 500 * mebibyte,
      peakBytes: 500 * mebibyte,
      isPeakReset: false,
      split: undefined,
    });
  });

  it('is what its processes take on a GPU, with a doubt, where the tool shows them', async () => {
    const smi = placeFakeSmi({ processes: [['GPU-a', 8, '70000 MiB', 'engine']], once: true });
    const reading = await readingOf({}, { tools: { ...noTools, nvidiaProgram: smi.program } });
    expect(reading).toMatchObject({
      peakBytes: 70_000 * mebibyte,
      doubt: 'the server does not break down its memory: all of its GPU memory is counted',
    });
  });

  it("is no engine's, and neither is time or energy, where requests are passed on", () => {
    const hostOf = (name: string) =>
      localHost({
        baseUrl: 'http://127.0.0.1:8000/v1',
        weightsBytes: undefined,
        tools: noTools,
        system: placeSystem({ name }),
      });
    expect(hostOf('vllm').processIds).toEqual([7]);
    expect(hostOf('ssh').processIds).toEqual([]);
  });

  it('is in doubt where there is a GPU, and nothing shows the server on it', async () => {
    const smi = placeFakeSmi({ gpus: ['NVIDIA A10, 23028 MiB, 580.1, 150.00 W'], processes: [], once: true });
    const { doubt } = (await readingOf({}, { tools: { ...noTools, nvidiaProgram: smi.program } })) ?? {};
    expect(doubt).toMatch(/^this machine has a GPU, but it is unknown whether the model is on it/);
    for (const opened of ['/dev/nvidiactl', '/dev/kfd', '/dev/dxg', '/dev/dri/renderD128']) {
      expect((await readingOf({ opened }))?.doubt).toBe(doubt);
    }
    expect((await readingOf({ opened: '/dev/null' }))?.doubt).toBeUndefined();
  });

  it('is in doubt where the listener passes requests on', async () => {
    for (const name of ['ssh', 'kubectl', 'docker-proxy', 'socat', 'cloudflared']) {
      expect((await readingOf({ name }))?.doubt).toBe(
        `${name} forwards requests: this is not the memory of the server that answers them`,
      );
    }
  });

  it('is in doubt where it is too little for the model', async () => {
    const small = /^the server uses too little memory for a model/;
    expect((await readingOf({ name: 'my-gateway', residentMebibytes: 40 }))?.doubt).toMatch(small);
    expect((await readingOf({}, { weightsBytes: 4000 * mebibyte }))?.doubt).toMatch(small);
    expect((await readingOf({}, { weightsBytes: 400 * mebibyte }))?.doubt).toBeUndefined();
  });

  it('is unknown for servers elsewhere', () => {
    const host = localHost({ baseUrl: 'http://192.0.2.1:8000/v1', weightsBytes: undefined, tools: noTools });
    expect(host.memory).toBeUndefined();
  });
});
