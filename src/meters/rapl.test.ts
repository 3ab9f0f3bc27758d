import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createRaplMeter } from './rapl.ts';

let sys = '';

beforeEach(() => {
  sys = mkdtempSync(join(tmpdir(), 'perbench-rapl-'));
  const made = sys;
  onTestFinished(() => rmSync(made, { recursive: true }));
});

function place(domain: string, files: Readonly<Record<string, string | number>>): void {
  const folder = join(sys, 'class/powercap', domain);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`);
}

describe('energy counters of the processor', () => {
  it('are those of packages and memory, and wrap', () => {
    place('intel-rapl:0', { name: 'package-0', energy_uj: 9_000_000, max_energy_range_uj: 10_000_000 });
    place('intel-rapl:0:0', { name: 'core', energy_uj: 1, max_energy_range_uj: 10_000_000 });
    place('intel-rapl:0:1', { name: 'dram', energy_uj: 500_000, max_energy_range_uj: 10_000_000 });
    place('intel-rapl:1', { name: 'psys', energy_uj: 1, max_energy_range_uj: 10_000_000 });
    const meter = createRaplMeter(sys);
    expect(meter.domains).toEqual(['package-0', 'dram-0']);
    const window = meter.start();
    place('intel-rapl:0', { energy_uj: 2_000_000 });
    place('intel-rapl:0:1', { energy_uj: 750_000 });
    expect(window.stop()).toEqual([
      { id: 'package-0', kind: 'cpu', joules: 3 },
      { id: 'dram-0', kind: 'memory', joules: 0.25 },
    ]);
  });

  it('may be missing', () => {
    const meter = createRaplMeter(sys);
    expect(meter).toMatchObject({ domains: [], problem: undefined });
    expect(meter.start().stop()).toEqual([]);
  });

  it('may be for root alone', () => {
    place('intel-rapl:0', { name: 'package-0', max_energy_range_uj: 10 });
    // A folder in the counter's place can't be read by root either.
    mkdirSync(join(sys, 'class/powercap/intel-rapl:0/energy_uj'));
    chmodSync(join(sys, 'class/powercap/intel-rapl:0/energy_uj'), 0o000);
    expect(createRaplMeter(sys).problem).toMatch(/^cannot read 1 energy counters below /);
  });
});
