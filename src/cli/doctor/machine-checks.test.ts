import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { diagnose, type DoctorFolder, doctorFolder } from '../../../test/setup/doctor-folder.ts';
import { placeFakeSmi } from '../../../test/setup/fake-smi.ts';
import type { DoctorOptions } from './doctor-check.ts';
import { energyCheck, gpuTelemetryCheck, serverProgramsCheck } from './machine-checks.ts';

let { home, options, placeProgram, write } = {} as DoctorFolder;

beforeEach(() => {
  ({ home, options, placeProgram, write } = doctorFolder());
});

function place(files: Readonly<Record<string, string>>): DoctorOptions['folders'] {
  write(files);
  return { root: home, proc: '/proc', sys: join(home, 'sys') };
}

describe('telemetry', () => {
  const row = (power: string, mig = '[N/A]'): readonly string[] => [
    '0',
    'GPU-a',
    'NVIDIA A10',
    '23028 MiB',
    '10 MiB',
    '0 %',
    power,
    '150.00 W',
    '40',
    '1500 MHz',
    '0x0',
    mig,
  ];
  const nowhere = { gpuProgram: '/nowhere/nvidia-smi', amdProgram: '/nowhere/amd-smi' };

  it('of a GPU works, or says what is missing', async () => {
    const good = placeFakeSmi({ rows: [row('60.00 W')] });
    const given = options({ ...nowhere, gpuProgram: good.program, watchMs: 150 });
    expect(await diagnose(gpuTelemetryCheck, given)).toMatch(
      /^ok: nvidia-smi reports memory, utilisation, power, clocks, throttling of 1 GPU; \d+ readings in \d\.\d s$/,
    );
    good.change({ rows: [row('[N/A]')] });
    expect(await diagnose(gpuTelemetryCheck, given)).toMatch(/^warn: nvidia-smi does not report power.* -> /);
    const broken = placeFakeSmi({ refuse: "couldn't communicate with the NVIDIA driver" });
    expect(await diagnose(gpuTelemetryCheck, options({ ...nowhere, gpuProgram: broken.program }))).toMatch(
      /^warn: .*couldn't communicate with the NVIDIA driver.* -> Fix the driver/,
    );
    expect(await diagnose(gpuTelemetryCheck, options(nowhere))).toBe(
      'ok: neither nvidia-smi nor amd-smi found: no GPU is monitored',
    );
  });

  it('of energy needs a counter that can be read', async () => {
    const counter = 'sys/class/powercap/intel-rapl:0';
    const none = place({ 'sys/readme': '' });
    expect(await diagnose(energyCheck, options({ ...nowhere, ...(none && { folders: none }) }))).toMatch(
      /^warn: no energy source; energy per answer is omitted -> /,
    );
    const files = { [`${counter}/name`]: 'package-0\n', [`${counter}/max_energy_range_uj`]: '262143328850\n' };
    const folders = place({ ...files, [`${counter}/energy_uj/none`]: '' });
    const given = options({ ...nowhere, ...(folders && { folders }) });
    expect(await diagnose(energyCheck, given)).toMatch(
      /^warn: cannot read 1 energy counters .* -> Run sudo chmod -R a\+r/,
    );
    rmSync(join(home, counter, 'energy_uj'), { recursive: true });
    place({ [`${counter}/energy_uj`]: '123\n' });
    expect(await diagnose(energyCheck, given)).toBe('ok: CPU energy counters: package-0');
    const smi = placeFakeSmi({ rows: [row('60.00 W')] });
    const both = options({ ...nowhere, gpuProgram: smi.program, ...(folders && { folders }) });
    expect(await diagnose(energyCheck, both)).toBe('ok: GPU power from nvidia-smi, CPU energy counters: package-0');
    // Runs give no energy of a GPU that is split, whatever power it tells.
    smi.change({ rows: [row('60.00 W', 'Enabled')] });
    expect(await diagnose(energyCheck, both)).toMatch(
      /^warn: GPU-a: split into MIG instances.*; CPU energy counters: .* -> /,
    );
  });

  it('names the servers that can be started', async () => {
    placeProgram('bin/vllm', 'exit 0');
    placeProgram('bin/ollama', 'exit 0');
    expect(await diagnose(serverProgramsCheck, options({}, { PATH: join(home, 'bin') }))).toBe('ok: vllm, ollama');
    placeProgram('windows/llama-server.exe', 'exit 0');
    const windows = options();
    const { settings } = windows;
    const given = { ...windows, settings: { ...settings, childEnvironment: { Path: join(home, 'windows') } } };
    expect(await diagnose(serverProgramsCheck, given)).toBe('ok: llama-server');
    expect(await diagnose(serverProgramsCheck, options({}, { PATH: home }))).toMatch(
      /^ok: none of vllm, llama-server, ollama, sglang is in PATH/,
    );
  });
});
