import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noLaunchFacts } from '../core/manifest.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import {
  anchoredVersion,
  type AnchorSet,
  anchorsOf,
  freezeAnchors,
  memoryBudget,
  paperAnchors,
} from '../scoring/anchors.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { loadTask, tasks as builtIn } from '../tasks/index.ts';
import type { Scoreboard, ScoreboardOptions } from '../scoring/scoreboard.ts';
import { freezeProjectAnchors } from './freeze-project-anchors.ts';
import { anchorNames, fittingAnchors, hostClassOf, resolveAnchors } from './resolve-anchors.ts';

let projectDir = '';
beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), 'perbench-anchors-'));
});
afterEach(async () => rm(projectDir, { recursive: true, force: true }));

const write = async (name: string, text: string): Promise<void> => {
  await mkdir(dirname(join(projectDir, name)), { recursive: true });
  await writeFile(join(projectDir, name), text);
};

const objectives = `
tasks:
  gsm8k:
    accuracy: 0.5
    throughput: 2
    latency: 1.5s
    memory: 2GiB
`;

const measured = (value: number, unit: Unit, warning?: 'host_busy'): Measurement => ({
  status: 'measured',
  value,
  unit,
  n: 3,
  warnings: warning === undefined ? [] : [{ reason: warning, detail: 'others' }],
});

function boards(
  taskId: string,
  throughputs: readonly number[],
  { warning, ...options }: ScoreboardOptions & { readonly warning?: 'host_busy' } = {},
): readonly Scoreboard[] {
  return createScoreboards(
    throughputs.map((throughput, index) => ({
      model: `m${index}`,
      taskId,
      state: 'done',
      measurements: {
        accuracy: measured(0.5, 'ratio'),
        throughput: measured(throughput, 'items/s', warning),
        latency: measured(1000 / throughput, 'ms'),
        memory: measured(1e9 * (index + 1), 'bytes'),
      },
    })),
    options,
  );
}

describe('anchors that come with perbench', () => {
  it('are found by name, with and without their version', async () => {
    expect(await resolveAnchors({ choice: 'paper-gpu', projectDir })).toBe(paperAnchors);
    for (const name of anchorNames) {
      expect(await resolveAnchors({ choice: name, projectDir })).toMatchObject({ version: name });
    }
    expect(await resolveAnchors({ choice: 'none', projectDir, hostClass: 'cpu' })).toBeUndefined();
  });

  it('of the CPU class are what their file says they were made from, for every task', async () => {
    const set = await resolveAnchors({ projectDir, hostClass: 'cpu' });
    const text = await readFile(new URL('../../data/anchors/2026-1-cpu.json', import.meta.url), 'utf8');
    const { basis } = JSON.parse(text) as {
      basis: {
        measured: Record<string, { throughput: number; latency: number }[]>;
        sameRequests: Record<string, string>;
      };
    };
    const sameRequests = Object.keys(basis.sameRequests);
    const names = new Set([...Object.keys(basis.measured).map((name) => name.split(',')[0] ?? ''), ...sameRequests]);
    expect(names).toEqual(new Set(Object.keys(builtIn).map((id) => id.split('@')[0])));
    for (const [place, rows] of Object.entries(basis.measured)) {
      const [name = '', protocol] = place.split(', ');
      const { id, category } = await loadTask(name);
      const isPaper = protocol !== undefined;
      const inTokens = isPaper && category === 'generation';
      const units = {
        throughput: inTokens ? 'tokens/s' : 'items/s',
        latency: inTokens ? 'ms/token' : isPaper ? 'ms/item' : 'ms',
      } as const;
      const anchors = set && anchorsOf(set, id, units);
      const { trivialAccuracy = 0, memory = 0 } = anchors ?? {};
      const rest = { accuracy: 0.5, memory: 1 };
      expect([place, anchors]).toMatchObject([
        place,
        freezeAnchors(
          rows.map(({ throughput, latency }) => ({ ...rest, throughput, latency })),
          { trivialAccuracy, memoryBudget: memory },
        ),
      ]);
      expect(memory).toBe(memoryBudget(25_276_063_744));
    }
    for (const [name, other] of Object.entries(basis.sameRequests)) {
      expect(set && anchorsOf(set, name)).toEqual(set && anchorsOf(set, other));
    }
  });

  it('are not guessed for a task, a variant or hardware that they do not cover', async () => {
    const cpu = await resolveAnchors({ projectDir, hostClass: 'cpu' });
    expect(cpu && anchoredVersion(cpu, 'arc_easy/lmeval@1')).toBe('PER-A/2026-1/cpu');
    expect(cpu && anchorsOf(cpu, 'mine/per@1')).toBeUndefined();
    expect(cpu && anchorsOf(cpu, 'gsm8k/per@2', { throughput: 'tokens/s', latency: 'ms/token' })).toBeUndefined();
    expect(await resolveAnchors({ projectDir, hostClass: 'gpu' })).toBeUndefined();
    expect(await resolveAnchors({ projectDir })).toBeUndefined();
  });

  it('have no other name', async () => {
    await expect(resolveAnchors({ choice: 'paper-gpi', projectDir })).rejects.toThrow(
      'unknown anchors "paper-gpi"; known: 2026-1/paper-gpu, 2026-1/cpu, none, a .yaml or .json file',
    );
  });
});

describe("a user's objectives", () => {
  it('are read from the file that was named', async () => {
    await write('slo.yaml', objectives);
    const set = await resolveAnchors({ choice: 'slo.yaml', projectDir, hostClass: 'cpu' });
    expect(set && anchorsOf(set, 'gsm8k/per@2')).toEqual({
      trivialAccuracy: 0.5,
      throughput: 2,
      throughputUnit: 'items/s',
      latency: 1500,
      latencyUnit: 'ms',
      memory: 2 ** 31,
      version: 'custom-20967b92',
    });
    expect(set && anchorsOf(set, 'arc_easy/lmeval@1')).toBeUndefined();
  });

  it('of the project come before those of the hardware', async () => {
    await write('perbench.anchors.yaml', objectives.replace('gsm8k', 'arc_easy'));
    const set = await resolveAnchors({ projectDir, hostClass: 'cpu' });
    expect(set && anchoredVersion(set, 'arc_easy/lmeval@1')).toMatch(/^PER-A\/custom-[0-9a-f]{8}$/u);
    await write('perbench.anchors.yaml', objectives);
    const both = await resolveAnchors({ projectDir, hostClass: 'cpu' });
    expect(both && anchoredVersion(both, 'gsm8k/per@2')).toMatch(/custom/u);
    expect(both && anchoredVersion(both, 'arc_easy/lmeval@1')).toBe('PER-A/2026-1/cpu');
  });

  it.each([
    ['tasks: [', '1:9: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['', ': expected object, received null'],
    ['tasks: {}', '1:1: `tasks`: expected a task'],
    ['tasks:\n  a:\n    acuracy: 1', ':3:5: `tasks.a.acuracy`: unknown key'],
    [
      objectives.replace('2GiB', '2 big'),
      '7:5: `tasks.gsm8k.memory`: expected a size above 0, such as 2GiB, got "2 big"',
    ],
    [objectives.replace('0.5', '1'), '4:5: `tasks.gsm8k.accuracy`: expected number to be <1'],
    [objectives.replace('throughput: 2', 'throughput: 0'), '5:5: `tasks.gsm8k.throughput`: expected number to be >0'],
  ])('%j are told where they are wrong', async (text, message) => {
    await write('slo.yaml', text);
    const tell = resolveAnchors({ choice: 'slo.yaml', projectDir });
    const error: unknown = await tell.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'PB_CONFIG' });
    expect(String(error)).toContain(`slo.yaml${message.startsWith(':') ? '' : ':'}`);
    expect(String(error)).toContain(message);
  });

  it('must be there', async () => {
    await expect(resolveAnchors({ choice: 'slo.yaml', projectDir })).rejects.toThrow('slo.yaml: no such file');
    await mkdir(join(projectDir, 'folder.json'));
    await expect(resolveAnchors({ choice: 'folder.json', projectDir })).rejects.toThrow(/folder\.json: can't be read/u);
  });
});

describe('anchors frozen from a first run', () => {
  const freeze = async (made: readonly Scoreboard[]): Promise<readonly [string[], string[]]> => {
    const { tasks, refused } = await freezeProjectAnchors({ projectDir, boards: made });
    return [[...tasks], [...refused]];
  };
  /** A later run sees what an earlier one froze. */
  const known = async (): Promise<AnchorSet | undefined> => resolveAnchors({ projectDir, hostClass: 'cpu' });

  it('stay what they were', async () => {
    const deviceMemoryBytes = 25e9;
    const first = boards('own/per@1', [1.234, 4.9, 2.46], { deviceMemoryBytes });
    expect(await freeze(first)).toEqual([['own/per'], []]);
    const set = await resolveAnchors({ projectDir });
    const frozen = set && anchorsOf(set, 'own/per@1');
    expect(frozen).toMatchObject({ throughput: 2.5, latency: 410, memory: memoryBudget(25e9) });
    expect(set && anchoredVersion(set, 'own/per@1')).toBe(`PER-A/${frozen?.version}`);
    expect(frozen?.version).toMatch(/^custom-/u);
    expect(await freeze(boards('own/per@1', [100, 50], { anchors: await known() }))).toEqual([[], []]);
    expect(await freeze(boards('own/mini@1', [100, 50], { anchors: await known() }))).toEqual([['own/mini'], []]);
    const later = await known();
    expect(later && anchorsOf(later, 'own/per@1')).toEqual(frozen);
    expect(later && anchoredVersion(later, 'arc_easy/lmeval@1')).toBe('PER-A/2026-1/cpu');
  });

  it('take the median of what the models took where the memory of the device is not known', async () => {
    await freeze(boards('own/per@1', [1, 2, 3]));
    const set = await resolveAnchors({ projectDir });
    expect(set && anchorsOf(set, 'own/per@1')?.memory).toBe(2e9);
  });

  it('are made only of the sound numbers of at least two models, and not where others apply', async () => {
    expect(await freeze(boards('own/per@1', [1]))).toEqual([[], ['own/per']]);
    expect(await freeze(boards('own/per@1', [1, 2], { warning: 'host_busy' }))).toEqual([[], ['own/per']]);
    expect(await freeze(boards('arc_easy/lmeval@1', [1, 2], { anchors: await known() }))).toEqual([[], []]);
  });

  it('of two protocols stand beside each other in one task', async () => {
    await write(
      'perbench.anchors.yaml',
      [
        'tasks:',
        '  own/per:',
        '    - {accuracy: 0, throughput: 4, latency: 100, memory: 1GiB}',
        '    - {accuracy: 0, throughput: 40, throughputUnit: tokens/s, latency: 9, latencyUnit: ms/token, memory: 1GiB}',
      ].join('\n'),
    );
    const set = await resolveAnchors({ projectDir });
    const inUnits = (throughput: Unit, latency: Unit) => set && anchorsOf(set, 'own/per@1', { throughput, latency });
    expect(inUnits('items/s', 'ms')?.throughput).toBe(4);
    expect(inUnits('tokens/s', 'ms/token')?.throughput).toBe(40);
    expect(inUnits('tokens/s', 'ms')).toBeUndefined();
  });

  it('name the file that can not be written', async () => {
    await symlink('nowhere', join(projectDir, 'dangling'));
    const frozenFile = join(projectDir, 'dangling', 'anchors.json');
    const failed = freezeProjectAnchors({ projectDir, frozenFile, boards: boards('own/per@1', [1, 2]) });
    await expect(failed).rejects.toMatchObject({ code: 'PB_ENVIRONMENT' });
    await write('.perbench/anchors.json', '{"tasks": 1}');
    await expect(freeze(boards('own/per@1', [1, 2]))).rejects.toThrow(/anchors\.json:1:2: `tasks`: expected record/u);
  });
});

describe('the class of the hardware', () => {
  const host = { gpus: [] } as unknown as Parameters<typeof hostClassOf>[0]['host'];
  const facts = { source: 'x', fileSha256: undefined, fileBytes: undefined, ...noLaunchFacts };

  it('is what the models ran on', () => {
    const on = (...devices: readonly (readonly string[] | undefined)[]) =>
      hostClassOf({
        host,
        models: Object.fromEntries(devices.map((list, index) => [`m${index}`, { ...facts, devices: list }])),
      });
    expect(on(['CPU haswell'], ['CPU haswell'])).toBe('cpu');
    expect(on(['CPU haswell'], ['CUDA0 NVIDIA H100', 'CPU'])).toBe('gpu');
    expect(on(undefined)).toBeUndefined();
    expect(on(['CPU haswell'], undefined)).toBe('cpu');
  });
});

describe('anchors that come with perbench', () => {
  const fitting = async (taskId: string, throughput: Unit | undefined, latency: Unit | undefined) => {
    const units = { accuracy: 'ratio', throughput, latency, memory: 'bytes' } as const;
    return (await fittingAnchors([{ taskId, units }])).map(({ name }) => name);
  };

  it('fit where they have the task in the same units', async () => {
    expect(await fitting('gsm8k', 'tokens/s', 'ms/token')).toEqual(['paper-gpu']);
    expect(await fitting('arc_easy/lmeval@1', 'items/s', 'ms')).toEqual(['cpu']);
    expect(await fitting('gsm8k', 'items/s', 'ms/token')).toEqual([]);
    expect(await fitting('gsm8k', 'tokens/s', undefined)).toEqual(['paper-gpu']);
    expect(await fitting('mine', 'items/s', 'ms')).toEqual([]);
  });
});
