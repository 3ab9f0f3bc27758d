import { expect, it } from 'vitest';
import { classOfMachine, hardwareClassOf, hostsText, isWantedHost } from './hardware-class.ts';
import type { HostFacts } from './manifest.ts';

const cpuHost: HostFacts = {
  hostname: 'n1',
  os: 'Linux',
  kernel: '6.1',
  cpuModel: 'AMD EPYC 7763',
  cores: 64,
  cpuQuotaCores: undefined,
  memoryBytes: 2 ** 38,
  governor: undefined,
  isContainer: undefined,
  gpus: [],
  gpuFacts: undefined,
};

function gpuHost(count: number, name = 'NVIDIA H100 80GB HBM3', driver = '550.54'): HostFacts {
  const facts = { name, memoryBytes: 2 ** 36, driver, powerLimitWatts: 700 };
  const gpus = Array.from({ length: count }, () => facts);
  return { ...cpuHost, gpus: gpus.map((gpu) => gpu.name), gpuFacts: gpus };
}

it.each([
  ['a CPU', cpuHost, 'AMD EPYC 7763, 64 cores'],
  ['a part of one', { ...cpuHost, cpuQuotaCores: 3.5 }, 'AMD EPYC 7763, 3.5 cores'],
  ['GPUs and their driver', gpuHost(8), 'NVIDIA H100 80GB HBM3, driver 550.54'],
  ['GPUs, however many a job sees', gpuHost(1), 'NVIDIA H100 80GB HBM3, driver 550.54'],
  ['GPUs of two kinds', { ...gpuHost(1), gpus: ['B', 'A'], gpuFacts: undefined }, 'A + B'],
])('names %s', (_, host, name) => {
  expect(hardwareClassOf(host)).toBe(name);
});

it.each([
  [{ gpu: 'h100' }, gpuHost(2), true],
  [{ gpu: 'h100' }, gpuHost(2, 'NVIDIA A100'), false],
  [{ gpu: 'h100' }, cpuHost, false],
  [{ gpu: 'h100', gpus: 8 }, gpuHost(2), false],
  [{ gpus: 0 }, cpuHost, true],
  [{ cpu: 'epyc', cores: 64 }, cpuHost, true],
  [{ cores: 64 }, { ...cpuHost, cpuQuotaCores: 2 }, false],
  [{}, cpuHost, true],
])('tells whether times on a machine count: %j', (hosts, host, isWanted) => {
  expect(isWantedHost(hosts, host)).toBe(isWanted);
});

it('says what machines are wanted', () => {
  expect(hostsText({ gpu: 'h100', gpus: 8 })).toBe('GPUs named h100, 8 GPUs');
  expect(hostsText({})).toBe('any machine');
});

it('knows the class of each machine of a run', () => {
  const machines = { n2: { host: cpuHost, hardwareClass: 'slow', measures: false } };
  const manifest = { host: cpuHost, hardwareClass: 'fast', machines };
  expect(['n1', 'n2', 'n3'].map((hostname) => classOfMachine(manifest, hostname))).toEqual(['fast', 'slow', undefined]);
});
