import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { percentText } from '../core/amount-text.ts';
import { EnvironmentError } from '../core/errors.ts';
import type { HostFacts } from '../core/manifest.ts';
import type { HostMeter } from '../core/meter.ts';
import { plainType, type Roofline } from '../core/roofline.ts';
import { thresholds } from '../core/thresholds.ts';
import { findLibrary, pinnedPackageVersion } from '../engines/llama-cpp/library-location.ts';
import { measureRoofline } from '../engines/llama-cpp/measure-roofline.ts';
import { readJsonIfThere } from '../files/if-there.ts';
import { writeAtomically } from '../sources/disk-error.ts';

/** Raised when another way to measure gives other rates. */
const rooflineVersion = 3;

const rooflineSchema = z.object({
  version: z.literal(rooflineVersion),
  /** Unix time. */
  measuredAtMs: z.number(),
  /** What others took of the CPU before, 0 to 1; null where nothing tells. */
  otherShare: z.number().nullable(),
  /** Of the kernels. */
  library: z.string(),
  host: z.object({ hostname: z.string(), cpuModel: z.string(), cores: z.number(), memoryBytes: z.number() }),
  threads: z.int().positive(),
  stepMs: z.number().positive(),
  rates: z.array(
    z.object({
      type: z.int(),
      name: z.string(),
      bytesPerSecond: z.number().positive(),
      operationsPerSecond: z.number().positive(),
    }),
  ),
  /** Types that can't be measured here. */
  without: z.array(z.int()),
});

/** What a machine can do, with the machine and the time at which it was measured. */
export type MachineRoofline = z.output<typeof rooflineSchema>;

export interface RooflineWorld {
  /** Where it is kept. */
  readonly cacheDir: string;
  readonly host: HostFacts;
  readonly meter: Pick<HostMeter, 'watchOthers'>;
  /** Measures though other processes use the CPU. */
  readonly allowBusy: boolean;
  /** Measures again what is known. */
  readonly recalibrate: boolean;
  readonly onStep?: ((step: string) => void) | undefined;
  readonly signal: AbortSignal;
  /** Another way to measure, in tests. */
  readonly measure?: (types: readonly number[]) => Promise<Roofline>;
}

export const rooflineFile = (cacheDir: string): string => join(cacheDir, 'roofline.json');

/** What makes a machine the same one. */
function machineOf({ hostname, cpuModel, cores, memoryBytes }: HostFacts): MachineRoofline['host'] {
  return { hostname, cpuModel, cores, memoryBytes };
}

/** Whether two runs were on the same machine. */
export function isSameMachine(one: HostFacts | MachineRoofline['host'], other: MachineRoofline['host']): boolean {
  return (['hostname', 'cpuModel', 'cores', 'memoryBytes'] as const).every((key) => one[key] === other[key]);
}

/** Whether others disturb a measurement. */
function isBusy(share: number | null): boolean {
  return share !== null && share > thresholds.hostBusy;
}

/** What was measured here before; on a busy machine only for those who accept that. */
async function readKnown({ cacheDir, host, allowBusy }: RooflineWorld): Promise<MachineRoofline | undefined> {
  const parsed = rooflineSchema.safeParse(await readJsonIfThere(rooflineFile(cacheDir)));
  const isOurs =
    parsed.success && isSameMachine(host, parsed.data.host) && parsed.data.library === pinnedPackageVersion;
  return isOurs && (allowBusy || !isBusy(parsed.data.otherShare)) ? parsed.data : undefined;
}

const lookMs = 1000;

/**
 * Looks for a second what others take of the CPU.
 *
 * @returns null where nothing tells
 * @throws {EnvironmentError} if it is too much
 */
async function lookAtOthers({ meter, allowBusy, signal }: RooflineWorld): Promise<number | null> {
  const watch = meter.watchOthers?.({ processIds: [] });
  if (watch === undefined) return null;
  await sleep(lookMs, undefined, { signal });
  const share = watch.look()?.share ?? null;
  if (share === null || allowBusy || !isBusy(share)) return share;
  const names = watch.busiest().map((each) => `${each.name} ${percentText(each.share)}`);
  const who = names.length === 0 ? '' : ` (${names.join(', ')})`;
  throw new EnvironmentError(
    `other processes take ${percentText(share)} of the CPU${who}, so the speed of this machine can't be measured`,
    { hint: 'Wait until the machine is quiet, or measure all the same with --allow-busy.' },
  );
}

/**
 * What this machine can do with matrices of some types: as it was measured before, or measured now and kept. A type
 * takes about a second.
 *
 * @param types each a `ggml_type`
 * @returns without types that can't be measured
 * @throws {EnvironmentError} on a busy machine, and if the library can't be loaded
 */
export async function machineRoofline(types: readonly number[], world: RooflineWorld): Promise<MachineRoofline> {
  const { cacheDir, host, recalibrate, onStep } = world;
  const known = recalibrate ? undefined : await readKnown(world);
  const knownTypes = known?.rates.map(({ type }) => type) ?? [];
  const wanted = [...new Set([plainType, ...knownTypes, ...types])];
  if (known !== undefined && wanted.every((type) => knownTypes.includes(type) || known.without.includes(type)))
    return known;
  const otherShare = await lookAtOthers(world);
  onStep?.(`the speed of this machine, ${wanted.length} types of weights`);
  const measure =
    world.measure ??
    ((asked) => measureRoofline({ location: findLibrary('cpu'), threads: availableParallelism(), types: asked }));
  const { rates, stepMs, threads } = await measure(wanted);
  const measured: MachineRoofline = {
    version: rooflineVersion,
    measuredAtMs: Date.now(),
    otherShare,
    library: pinnedPackageVersion,
    host: machineOf(host),
    threads,
    stepMs,
    rates: [...rates],
    without: wanted.filter((type) => !rates.some((rate) => rate.type === type)),
  };
  await writeAtomically(rooflineFile(cacheDir), `${JSON.stringify(measured, undefined, 2)}\n`);
  return measured;
}
