import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { amdProcesses, amdSample, amdTimestampMs } from './amd-smi.ts';
import { nvidiaFields, nvidiaProcesses, nvidiaSample, nvidiaThrottleReasons, nvidiaTimestampMs } from './nvidia-smi.ts';
import { createSmiTable, smiNumber, smiText, type SmiRow } from './smi-table.ts';

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../test/fixtures/telemetry', name), 'utf8');

function rowsOf(name: string): readonly (SmiRow | 'garbage')[] {
  const table = createSmiTable((names) => names[0] === 'timestamp');
  return fixture(name)
    .split('\n')
    .map((line) => table.read(line))
    .filter((row) => row !== undefined);
}

function goodRows(name: string): readonly SmiRow[] {
  const rows = rowsOf(name);
  expect(rows).not.toContain('garbage');
  return rows.filter((row) => row !== 'garbage');
}

describe('values', () => {
  it('are read with their units, and not at all where there is none', () => {
    expect(smiNumber('81920 MiB')).toBe(81920 * 2 ** 20);
    expect(smiNumber('301.52 W')).toBe(301.52);
    expect(smiNumber('12', 'MiB')).toBe(12 * 2 ** 20);
    for (const cell of ['[N/A]', '[Not Supported]', 'N/A', '', undefined, '12 parsecs']) {
      expect(smiNumber(cell)).toBeUndefined();
    }
    expect(smiText('[Not Supported]')).toBeUndefined();
    expect(smiText(' NVIDIA A10 ')).toBe('NVIDIA A10');
  });

  it('need their heading first, and as many cells as it has', () => {
    const table = createSmiTable((names) => names[0] === 'a');
    expect(table.read('1, 2')).toBe('garbage');
    expect(table.read('a, b [W]')).toBeUndefined();
    expect(table.read('1, 2')).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(table.read('Unable to determine the device handle')).toBe('garbage');
    expect(table.read('1, 2, 3')).toBe('garbage');
  });

  it('may hold commas in quotes, or in a last cell of text', () => {
    const quoted = createSmiTable((names) => names[0] === 'a');
    quoted.read('a,b,c');
    expect([...(quoted.read(`1,"['N/A', 'say ""x""']",3`) as SmiRow).values()]).toEqual([
      '1',
      `['N/A', 'say "x"']`,
      '3',
    ]);
    expect([...(quoted.read(',,') as SmiRow).values()]).toEqual(['', '', '']);
    const named = createSmiTable((names) => names[0] === 'a', true);
    named.read('a,b');
    expect([...(named.read('1, two, three') as SmiRow).values()]).toEqual(['1', 'two, three']);
    expect(named.read('1')).toBe('garbage');
  });
});

describe('nvidia-smi', () => {
  it('is read by its headings', () => {
    const samples = goodRows('nvidia-smi.csv').map((row) => nvidiaSample(row, 5));
    expect(samples).toHaveLength(3);
    expect(samples[0]).toEqual({
      atMs: 5,
      id: 'GPU-0a000000-1111-2222-3333-444444444444',
      index: '0',
      name: 'NVIDIA A100-SXM4-80GB',
      memoryTotalBytes: 81920 * 2 ** 20,
      memoryUsedBytes: 75213 * 2 ** 20,
      utilisation: 0.98,
      powerWatts: 301.52,
      powerLimitWatts: 400,
      clockMhz: 1380,
      temperatureCelsius: 61,
      throttleReasons: ['power cap'],
      isPartitioned: false,
    });
    expect(samples[1]).toMatchObject({ powerWatts: undefined, utilisation: undefined, throttleReasons: undefined });
    // Idle is a reason for low clocks, not a throttle.
    expect(samples[2]?.throttleReasons).toEqual([]);
  });

  it('says when a GPU is split', () => {
    expect(goodRows('nvidia-smi-mig.csv').map((row) => nvidiaSample(row, 0)?.isPartitioned)).toEqual([true]);
  });

  it('tells processes', () => {
    expect(nvidiaProcesses(fixture('nvidia-processes.csv'), 0)).toMatchObject([
      { pid: 4242, name: 'VLLM::EngineCore', memoryBytes: 74800 * 2 ** 20 },
      { pid: 77, name: 'train.py, rank 0', memoryBytes: undefined },
    ]);
  });

  it('is asked only for what it knows', () => {
    const older = '"timestamp"\n"clocks_throttle_reasons.active"\n"mig.mode.current"\n';
    expect(nvidiaFields(older)).toContain('clocks_throttle_reasons.active');
    expect(nvidiaFields(older)).not.toContain('clocks_event_reasons.active');
    const newer = '"clocks_event_reasons.active" or "clocks_throttle_reasons.active"';
    expect(nvidiaFields(newer)).toContain('clocks_event_reasons.active');
    expect(nvidiaFields(newer)).not.toContain('clocks_throttle_reasons.active');
    expect(nvidiaFields(newer)).not.toContain('mig.mode.current');
    expect(nvidiaFields(undefined).join()).toMatch(/^timestamp,index,uuid,.*clocks\.sm$/);
  });

  it('throttles for more than one reason', () => {
    expect(nvidiaThrottleReasons('0x0000000000000044')).toEqual(['power cap', 'hardware thermal slowdown']);
    expect(nvidiaThrottleReasons('0x0000000000000103')).toEqual([]);
    expect(nvidiaThrottleReasons('Active')).toBeUndefined();
  });

  it('has times in the local zone', () => {
    const local = new Date(2026, 10, 24, 20, 58, 54, 123).getTime();
    expect(nvidiaTimestampMs('2026/11/24 20:58:54.123')).toBeCloseTo(local, 3);
    expect(nvidiaTimestampMs('[N/A]')).toBeUndefined();
  });
});

describe('amd-smi', () => {
  it('is read by its headings, however often they come', () => {
    const rows = goodRows('amd-smi-metric.csv');
    expect(rows.map((row) => amdSample(row, 0))).toMatchObject([
      { id: '0', powerWatts: 742, utilisation: 0.97, clockMhz: 2104, throttleReasons: [], temperatureCelsius: 71 },
      { id: '1', powerWatts: undefined, throttleReasons: undefined, memoryUsedBytes: 283 * 2 ** 20 },
      { id: '0', throttleReasons: ['throttled'], memoryTotalBytes: 196592 * 2 ** 20 },
    ]);
    expect(rows.map((row) => amdTimestampMs(row.get('timestamp')))[0]).toBe(1795553934000);
  });

  it('tells processes, or that there are none', () => {
    expect(amdProcesses(fixture('amd-smi-process.json'), 1)).toEqual([
      { atMs: 1, deviceId: '0', pid: 4242, name: 'python3', memoryBytes: 157286400000 },
    ]);
    expect(amdProcesses('Error: no driver', 1)).toBeUndefined();
    expect(amdProcesses('{"gpu": 0}', 1)).toBeUndefined();
  });
});
