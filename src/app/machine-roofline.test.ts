import { describe, expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { EnvironmentError } from '../core/errors.ts';
import type { HostFacts } from '../core/manifest.ts';
import type { Roofline } from '../core/roofline.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { machineRoofline, rooflineFile, type RooflineWorld } from './machine-roofline.ts';
import { writeFile } from 'node:fs/promises';

const host: HostFacts = { ...(await readHostFacts()), hostname: 'h', cpuModel: 'c', cores: 2, memoryBytes: 2 ** 30 };

/** A machine on which others take a share of the CPU, and that measures what it is asked. */
function machine(cacheDir: string, otherShare: number | undefined, unknown: readonly number[] = []) {
  const asked: (readonly number[])[] = [];
  const look = otherShare === undefined ? undefined : { share: otherShare, cores: 2 };
  const world: RooflineWorld = {
    cacheDir,
    host,
    meter: { watchOthers: () => ({ look: () => look, busiest: () => [{ name: 'cc', share: 0.4 }] }) },
    allowBusy: false,
    recalibrate: false,
    signal: new AbortController().signal,
    measure: async (types): Promise<Roofline> => {
      asked.push(types);
      const rates = types
        .filter((type) => !unknown.includes(type))
        .map((type) => ({ type, name: `t${type}`, bytesPerSecond: 1e9, operationsPerSecond: 1e10 }));
      return { rates, stepMs: 0.001, threads: 2 };
    },
  };
  return { asked, world };
}

describe('machineRoofline', () => {
  it('is measured once for each type, with floats of 16 bits beside them', async () => {
    await using folder = await testFolder();
    const { asked, world } = machine(folder.path, 0.01);
    await machineRoofline([12], world);
    const again = await machineRoofline([12], world);
    expect(again).toMatchObject({ rates: [{ type: 1 }, { type: 12 }], host: { hostname: 'h' }, otherShare: 0.01 });
    await machineRoofline([14], world);
    expect(asked).toEqual([
      [1, 12],
      [1, 12, 14],
    ]);
  });

  it('does not ask again for a type that cannot be measured', async () => {
    await using folder = await testFolder();
    const { asked, world } = machine(folder.path, undefined, [99]);
    expect((await machineRoofline([99], world)).rates.map(({ type }) => type)).toEqual([1]);
    await machineRoofline([99], world);
    expect(asked).toHaveLength(1);
  });

  it('is measured again on another machine, where it is asked for, and where the file is damaged', async () => {
    await using folder = await testFolder();
    const { asked, world } = machine(folder.path, 0);
    await machineRoofline([12], world);
    await machineRoofline([12], { ...world, host: { ...host, memoryBytes: 2 ** 31 } });
    await machineRoofline([12], { ...world, recalibrate: true });
    await writeFile(rooflineFile(folder.path), '{"version": 1}');
    await machineRoofline([12], world);
    expect(asked).toHaveLength(4);
  });

  it('is not measured on a busy machine, unless that is accepted, and then holds only for those who accept it', async () => {
    await using folder = await testFolder();
    const { asked, world } = machine(folder.path, 0.6);
    const error: unknown = await machineRoofline([12], world).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({
      message: "other processes take 60 % of the CPU (cc 40 %), so the speed of this machine can't be measured",
      hint: 'Wait until the machine is quiet, or measure all the same with --allow-busy.',
    });
    const accepting = { ...world, allowBusy: true };
    await machineRoofline([12], accepting);
    expect((await machineRoofline([12], accepting)).otherShare).toBe(0.6);
    expect(asked).toHaveLength(1);
    await expect(machineRoofline([12], world)).rejects.toThrow('other processes take 60 %');
  });
});
