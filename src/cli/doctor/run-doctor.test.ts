import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { diagnose, type DoctorFolder, doctorFolder, storeAt } from '../../../test/setup/doctor-folder.ts';
import type { DeviceChoice } from '../../core/llama-settings.ts';
import { type ChoiceOptions, chooseDevice, type ChosenDevice } from '../../engines/llama-cpp/choose-device.ts';
import { findLibrary } from '../../engines/llama-cpp/library-location.ts';
import {
  dataCheck,
  cacheFolderCheck,
  storeCheck,
  storeFolderCheck,
  gpuCheck,
  libraryCheck,
  nodeCheck,
  hubCheck,
  pipCheck,
} from './install-checks.ts';
import type { DoctorOptions } from './doctor-check.ts';
import { cpuCheck, hostBusyCheck, memoryCheck, processMemoryCheck } from './machine-checks.ts';
import { runDoctor } from './run-doctor.ts';

let { home, options, placeProgram, write } = {} as DoctorFolder;

beforeEach(() => {
  ({ home, options, placeProgram, write } = doctorFolder());
});

/** Files below the test's folder, such as those of another machine. */
function place(files: Readonly<Record<string, string>>): DoctorOptions['folders'] {
  write(files);
  return { root: home, proc: join(home, 'proc'), sys: join(home, 'sys') };
}

describe('the whole examination', () => {
  it('has a line for each check, and a fix for every problem', async () => {
    const lines = await Array.fromAsync(runDoctor(options()));
    expect(lines.map((line) => line.name)).toEqual([
      'Node',
      'platform',
      'llama.cpp library',
      'GPU',
      'devices',
      'GPU telemetry',
      'energy',
      'server programs',
      'CPU',
      'other processes',
      'memory of processes',
      'memory',
      'cache folders',
      'store folder',
      'store',
      'data sets',
      'model hub',
      'pip',
    ]);
    for (const line of lines) expect(line.state === 'ok' || line.mend.length > 20).toBe(true);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const names: string[] = [];
    for await (const line of runDoctor(options({ signal: controller.signal }))) {
      names.push(line.name);
      controller.abort();
    }
    expect(names).toEqual(['Node']);
  });

  it('turns an error of a check into a line', async () => {
    writeFileSync(join(home, 'results.db'), 'this is no database'.repeat(50));
    const lines = await Array.fromAsync(runDoctor(options(storeAt(join(home, 'results.db')))));
    const line = lines.find(({ name }) => name === 'store');
    expect(line?.state).toBe('fail');
    expect(line?.detail).toContain(': not a perbench store');
  });
});

describe('Node', () => {
  it('must be as new as package.json says', async () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
      readonly engines: { readonly node: string };
    };
    const floor = manifest.engines.node.replace('>=', '');
    expect(await diagnose(nodeCheck, options({ nodeVersion: `${floor}.0` }))).toBe(`ok: ${floor}.0`);
    expect(await diagnose(nodeCheck, options({ nodeVersion: '26.0.0' }))).toBe('ok: 26.0.0');
    expect(await diagnose(nodeCheck, options({ nodeVersion: '24.11.9' }))).toBe(
      'fail: 24.11.9; perbench needs 24.12 or newer -> Install Node 24.12 or newer; in a clone of perbench, npm ci installs one.',
    );
    expect(await diagnose(nodeCheck, options({ nodeVersion: '20.19.0' }))).toMatch(/^fail/);
  });
});

describe('the engine', () => {
  it('is there, and is the one that perbench knows', async () => {
    expect(await diagnose(libraryCheck, options())).toMatch(/^ok: \S+, @node-llama-cpp\/\S+ \S+$/);
  });
});

describe('the GPU', () => {
  const resolve = createRequire(import.meta.url).resolve;
  const withoutGpuPackages = async (choice: DeviceChoice, given: ChoiceOptions = {}): Promise<ChosenDevice> =>
    chooseDevice(choice, {
      ...given,
      search: { resolve: (name) => (/cuda|vulkan/.test(name) ? undefined : resolve(name)) },
    });

  it('is not used while only the library for the CPU is there', async ({ skip }) => {
    if (process.platform !== 'linux' || process.arch !== 'x64') skip('no package for CUDA exists here');
    const gpuProgram = placeProgram('nvidia-smi', 'printf "NVIDIA T4, 1 MiB, 5, 70 W\\nNVIDIA T4, 1 MiB, 5, 70 W\\n"');
    expect(await diagnose(gpuCheck, options({ gpuProgram, chooseDevice: withoutGpuPackages }))).toBe(
      "warn: a model computes on the CPU: NVIDIA T4 needs @node-llama-cpp/linux-x64-cuda, which isn't installed -> " +
        'Run `npm install @node-llama-cpp/linux-x64-cuda@3.22.1`.',
    );
  });

  it('is named where a model computes on it', async () => {
    const note = 'computes on NVIDIA T4 (cuda)';
    const chosen = { location: findLibrary('cpu'), devices: [], note, mend: undefined };
    expect(await diagnose(gpuCheck, options({ chooseDevice: async () => chosen }))).toBe(`ok: a model ${note}`);
  });

  it('is not missed where none is', async () => {
    const nowhere = { gpuProgram: '/nowhere/nvidia-smi', amdProgram: '/nowhere/amd-smi' };
    expect(await diagnose(gpuCheck, options({ ...nowhere, chooseDevice: withoutGpuPackages }))).toBe(
      'ok: none found by nvidia-smi or amd-smi; models run on the CPU',
    );
  });

  it('is a failure where not even the library for the CPU is there', async () => {
    const chooseNone = async (choice: DeviceChoice): Promise<ChosenDevice> =>
      chooseDevice(choice, { search: { resolve: () => undefined } });
    expect(await diagnose(gpuCheck, options({ chooseDevice: chooseNone }))).toMatch(
      /^fail: the llama\.cpp library isn't installed: .* -> Run `npm install/,
    );
  });
});

describe('the machine', () => {
  it('should keep its clocks up', async () => {
    const governor = 'sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
    const slow = place({ [governor]: 'powersave\n' });
    expect(await diagnose(cpuCheck, options({ ...(slow && { folders: slow }) }))).toMatch(
      /^warn: .*CPU governor "powersave".* -> Run sudo cpupower/,
    );
    const steady = place({ [governor]: 'performance\n' });
    expect(await diagnose(cpuCheck, options({ ...(steady && { folders: steady }) }))).toMatch(
      /^ok: .*, CPU governor "performance"$/,
    );
  });

  it('should have whole cores', async () => {
    const folders = place({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '150000 100000\n' });
    expect(await diagnose(cpuCheck, options({ ...(folders && { folders }) }))).toMatch(
      /^warn: .* a control group allows 1\.5 cores of CPU time.*or pass --threads 1\.$/,
    );
  });

  it('should be idle', async () => {
    const stat = (busy: number, idle: number): string => `cpu0 ${busy} 0 0 ${idle} 0 0 0 0 0 0\n`;
    const folders = place({ 'proc/stat': stat(100, 1_000) });
    let nowMs = 0;
    const clocks = { now: () => nowMs, ownCpuMs: () => nowMs / 100 };
    const given = (during: () => unknown): DoctorOptions => {
      const wait = async (ms: number): Promise<void> => {
        nowMs += ms;
        during();
      };
      return options({ ...(folders && { folders }), watchMs: 1_000, clocks, wait });
    };
    const idle = given(() => undefined);
    expect(await diagnose(hostBusyCheck, idle)).toMatch(/^ok: using 0\.0 % of the CPU now/);
    // 250 ms of one core, 10 of them this process.
    const busy = given(() => place({ 'proc/stat': stat(125, 1_075) }));
    expect(await diagnose(hostBusyCheck, busy)).toMatch(
      /^warn: using 24\.0 % .* marked host_busy -> Stop other programs/,
    );
  });

  it('should show what processes do', async () => {
    const folders = place({ 'proc/readme': '' });
    const given = options({ ...(folders && { folders }) });
    expect(await diagnose(hostBusyCheck, given)).toMatch(/^warn: \/proc does not show .* -> Keep the machine idle/);
    expect(await diagnose(processMemoryCheck, given)).toMatch(
      /^fail: \/proc does not show .* -> Run perbench on Linux/,
    );
  });

  it('should let peaks of memory be reset', async () => {
    const fields = Array.from({ length: 40 }, () => '0').join(' ');
    const folders = place({
      [`proc/${process.pid}/stat`]: `${process.pid} (node) R 1 ${fields}`,
      [`proc/${process.pid}/status`]: 'VmHWM:\t 200 kB\nVmRSS:\t 100 kB\n',
    });
    mkdirSync(join(home, `proc/${process.pid}/clear_refs`));
    expect(await diagnose(processMemoryCheck, options({ ...(folders && { folders }) }))).toMatch(
      /^warn: peaks cannot be reset/,
    );
  });

  it('needs memory', async () => {
    const withKibibytes = (kibibytes: number): DoctorOptions => {
      const folders = place({ 'proc/meminfo': `MemAvailable: ${kibibytes} kB\n` });
      return options({ ...(folders && { folders }) });
    };
    expect(await diagnose(memoryCheck, withKibibytes(4 * 2 ** 20))).toBe('ok: 4.0 GiB available');
    expect(await diagnose(memoryCheck, withKibibytes(2 ** 20))).toMatch(/^warn: 1\.0 GiB available: enough for the/);
    expect(await diagnose(memoryCheck, withKibibytes(100 * 1024))).toMatch(
      /^fail: 100\.0 MiB available: no model fits/,
    );
  });
});

describe('disks and the store', () => {
  it('have room', async () => {
    expect(await diagnose(cacheFolderCheck, options({ lowBytes: 1 }))).toMatch(/^ok: \S+ \w+ free at .*perbench; /);
    expect(await diagnose(cacheFolderCheck, options({ lowBytes: 2 ** 60 }))).toMatch(
      /^warn: only \S+ \w+ free at .* -> Free some space, or set XDG_CACHE_HOME/,
    );
    expect(await diagnose(storeFolderCheck, options({ lowBytes: 2 ** 60 }))).toMatch(/^warn: only .* use --store/);
    // Looking makes nothing.
    expect(readdirSync(home)).toEqual([]);
  });

  it('must be writable', ({ skip }) => {
    chmodSync(home, 0o555);
    onTestFinished(() => chmodSync(home, 0o755));
    const script = `
      const { storeFolderCheck } = await import(${JSON.stringify(join(import.meta.dirname, 'install-checks.ts'))});
      const storePlace = { folder: ${JSON.stringify(join(home, 'new'))}, isServer: false };
      const finding = await storeFolderCheck.run({ storePlace });
      console.log(finding.state, finding.detail);`;
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout, stderr, error } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      ...user,
      encoding: 'utf8',
    });
    if (error !== undefined) skip(`no process of another user can be started: ${error.message}`);
    expect(`${stdout}${stderr}`).toMatch(/^fail .*new is not writable: EACCES in /);
  });

  it('may hold a store, or none yet', async () => {
    const { openSqliteStore } = await import('../../store/sqlite-store.ts');
    const given = options();
    expect(await diagnose(storeCheck, given)).toBe(`ok: ${given.storePlace.shown} will be created by the first run`);
    expect(readdirSync(home)).toEqual([]);
    await (await openSqliteStore({ file: given.storePlace.address }))[Symbol.asyncDispose]();
    expect(await diagnose(storeCheck, given)).toBe(`ok: ${given.storePlace.shown} holds 0 runs`);
  });
});

describe('data sets', () => {
  it('are found, or named as missing', async () => {
    expect(await diagnose(dataCheck, options())).toMatch(/^warn: no data folder: .* -> Run perbench data pull/);
    expect(await diagnose(dataCheck, options({ dataDir: home }))).toMatch(/^warn: .* has none; missing: .*gsm8k/);
    expect(await diagnose(dataCheck, options({ dataDir: join(home, 'nowhere') }))).toMatch(/^warn: .* has none/);
  });
});

describe('all data sets', () => {
  const dataDir = process.env['PERBENCH_DATA_DIR'] ?? join(import.meta.dirname, '../../../../shared/data');

  it('are there', async ({ skip }) => {
    if (!existsSync(dataDir)) skip(`no data sets at ${dataDir}: set PERBENCH_DATA_DIR`);
    expect(await diagnose(dataCheck, options({ dataDir }))).toMatch(
      /^ok: imdb, hellaswag, arc_easy, squad2, gsm8k in /,
    );
  });
});

describe('the network', () => {
  async function startHub(
    answer: (respond: (statusCode: number) => void) => void,
    probeMs = 5_000,
  ): Promise<DoctorOptions> {
    const server = createServer((_request, response) => {
      answer((statusCode) => {
        response.statusCode = statusCode;
        response.end('[]');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const given = options({}, { HF_ENDPOINT: `http://127.0.0.1:${port}`, HF_HUB_OFFLINE: '' });
    return { ...given, settings: { ...given.settings, network: { ...given.settings.network, probeMs } } };
  }

  it('reaches the hub', async () => {
    const hub = await startHub((respond) => respond(200));
    expect(await diagnose(hubCheck, hub)).toBe(`ok: ${hub.settings.hubEndpoint} answers`);
  });

  it('says what the hub answers, and when it does not', async () => {
    const failing = await startHub((respond) => respond(503));
    expect(await diagnose(hubCheck, failing)).toMatch(/^warn: \S+: HTTP 503 -> Check the network and proxy/);
    const silent = await startHub(() => undefined, 300);
    expect(await diagnose(hubCheck, silent)).toMatch(/^warn: \S+: no answer within 0\.3 s/);
    const absent = options({}, { HF_ENDPOINT: 'http://127.0.0.1:1', HF_HUB_OFFLINE: '' });
    expect(await diagnose(hubCheck, absent)).toMatch(/^warn: \S+: .*ECONNREFUSED/);
  });

  it('is left alone offline', async () => {
    expect(await diagnose(hubCheck, options())).toMatch(/^ok: offline: \S+ was not checked$/);
  });

  it('needs pip where the hub is out of reach', async () => {
    const good = placeProgram('good-pip', 'echo "pip 26.1 from /usr/lib (python 3.14)"');
    expect(await diagnose(pipCheck, options({}, { PERBENCH_PIP: good }))).toBe(`ok: pip 26.1 (${good})`);
    const bad = placeProgram('bad-pip', 'echo "No module named pip" >&2; exit 1');
    expect(await diagnose(pipCheck, options({}, { PERBENCH_PIP: bad }))).toMatch(
      /^warn: \S+: No module named pip; models can't be downloaded from PyPI -> Install Python 3 with pip/,
    );
    expect(await diagnose(pipCheck, options({}, { PERBENCH_PIP: '/nowhere/pip' }))).toMatch(/^warn: \S+: ENOENT;/);
  });
});
