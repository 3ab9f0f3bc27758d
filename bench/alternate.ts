/*
 * Two sides take turns, so that whatever else the machine does touches both; the result is the median of the ratios
 * of neighbouring rounds, with their range. A round in which other processes took more than 5 % of the CPU is marked.
 * The same ratio by CPU time is printed too, with each side's CPU time for one piece of work: with --threads 1 it holds on
 * a busy machine; with more threads, waiting counts as work.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { medianOf } from '../src/stats/means.ts';

export interface Side {
  readonly name: string;
  /** Does the whole work once and says how much was done per second, and anything worth reading beside it. */
  readonly run: () => Promise<{ readonly perSecond: number; readonly note?: string }>;
}

export interface AlternateOptions {
  readonly title: string;
  readonly unit: string;
  readonly rounds: number;
  /** The ratio that ours / theirs should reach. */
  readonly target: number;
  readonly ours: Side;
  readonly theirs: Side;
}

/** Of /proc on Linux. */
const ticksPerSecond = 100;

/** Busy and stolen CPU time of the whole machine, in clock ticks. */
function machineTicks(): { readonly busy: number; readonly all: number } {
  const line = readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '';
  // user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user.
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, each) => sum + each, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}

interface ProcessTicks {
  readonly parent: number;
  readonly ticks: number;
}

/** CPU time of this process and its descendants, ended ones included, in clock ticks. */
function ownTicks(): number {
  const processes = new Map<number, ProcessTicks>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
      processes.set(Number(name), { parent: Number(fields[1]), ticks });
    } catch (error) {
      // It ended while the list was read.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }
  const isOwn = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const parent = processes.get(pid)?.parent ?? 0;
    return parent > 1 && isOwn(parent);
  };
  return [...processes].reduce((sum, [pid, { ticks }]) => (isOwn(pid) ? sum + ticks : sum), 0);
}

interface Round {
  readonly perSecond: number;
  /** Work per second of CPU time of all our processes. */
  readonly perCpuSecond: number;
  readonly note: string;
  /** Share of the machine's CPU that others took. */
  readonly othersShare: number;
}

async function runRound(side: Side): Promise<Round> {
  const [machine, own, startMs] = [machineTicks(), ownTicks(), performance.now()];
  const { perSecond, note = '' } = await side.run();
  const seconds = (performance.now() - startMs) / 1000;
  const after = machineTicks();
  const ownSpent = ownTicks() - own;
  const others = after.busy - machine.busy - ownSpent;
  const perCpuSecond = (perSecond * seconds * ticksPerSecond) / Math.max(1, ownSpent);
  return { perSecond, perCpuSecond, note, othersShare: Math.max(0, others / Math.max(1, after.all - machine.all)) };
}

function describe({ perSecond, note, othersShare }: Round, unit: string): string {
  const busy = othersShare > 0.05 ? `, host busy ${Math.round(othersShare * 100)} %` : '';
  return `${perSecond.toFixed(2)} ${unit}${note === '' ? '' : ` (${note})`}${busy}`;
}

/** Runs both sides in turns, the first to go changing from round to round, and prints rates, ratios and their spread. */
export async function alternate(options: AlternateOptions): Promise<void> {
  const { ours, theirs, unit } = options;
  const before = machineTicks();
  await sleep(2000);
  const idle = machineTicks();
  const load = (idle.busy - before.busy) / Math.max(1, idle.all - before.all);
  console.log(`${options.title}: ${ours.name} against ${theirs.name}`);
  if (load > 0.05) console.log(`the machine is busy before the start: ${Math.round(load * 100)} % of its CPU`);
  console.log('warm-up, not counted');
  await ours.run();
  await theirs.run();
  const ratios: number[] = [];
  const rounds: (readonly [mine: Round, other: Round])[] = [];
  const quiet: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const order = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const results = new Map<Side, Round>();
    for (const side of order) results.set(side, await runRound(side));
    const [mine, other] = [results.get(ours), results.get(theirs)];
    if (mine === undefined || other === undefined) continue;
    const ratio = mine.perSecond / other.perSecond;
    ratios.push(ratio);
    rounds.push([mine, other]);
    if (mine.othersShare <= 0.05 && other.othersShare <= 0.05) quiet.push(ratio);
    console.log(
      `round ${round + 1}: ${ours.name} ${describe(mine, unit)}; ${theirs.name} ${describe(other, unit)}; ratio ${ratio.toFixed(3)}`,
    );
  }
  const print = (name: string, values: readonly number[]): void => {
    const range = `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
    console.log(
      `${name}: median ratio ${medianOf(values).toFixed(3)} (${range}, ${values.length} rounds), target ${options.target}`,
    );
  };
  print('all rounds', ratios);
  if (quiet.length > 0 && quiet.length < ratios.length) print('rounds on a quiet machine', quiet);
  print(
    'all rounds, by CPU time',
    rounds.map(([mine, other]) => mine.perCpuSecond / other.perCpuSecond),
  );
  const cpuMicroseconds = (side: 0 | 1): string =>
    medianOf(rounds.map((round) => 1e6 / round[side].perCpuSecond)).toFixed(0);
  console.log(
    `CPU time for one of the ${unit.replace('/s', '')}: ${ours.name} ${cpuMicroseconds(0)} µs, ${theirs.name} ${cpuMicroseconds(1)} µs`,
  );
  if (quiet.length === 0) console.log('no round ran on a quiet machine: take the ratio with care');
}
