import type { PassResult } from '../../core/cell.ts';
import type { LoadProbe, Sweep, SweepCell, SweepLoad, SweepSearch } from '../../core/sweep.ts';
import { QuietMachine } from '../quiet-machine.ts';
import { highestLoad, mostProbes, nextProbe } from './highest-load.ts';
import { judgeLoad, limitedTimes, lookSizes } from './probe-load.ts';
import { sweptCell } from './swept-cell.ts';
import { type LoadProblem, SweptModel } from './swept-model.ts';
import type { LoadSearch, SweepDependencies, SweepPlan } from './sweep-plan.ts';

/** What is known of one model under one load. */
interface CellRecord {
  readonly model: string;
  readonly load: SweepLoad;
  readonly passes: PassResult[];
  problem: LoadProblem | undefined;
}

/** Confidence of a search's interval. */
const searchLevel = 0.95;

class SweepRun {
  readonly #plan: SweepPlan;
  readonly #dependencies: SweepDependencies;
  readonly #records: CellRecord[] = [];
  readonly #searches: SweepSearch[] = [];

  constructor(plan: SweepPlan, dependencies: SweepDependencies) {
    this.#plan = plan;
    this.#dependencies = dependencies;
  }

  async run(models: readonly SweptModel[]): Promise<Pick<Sweep, 'cells' | 'searches'>> {
    const { search, suite } = this.#plan;
    const { launches } = suite;
    for (let launch = 0; launch < launches; launch += 1) {
      // Every other round goes the other way: a machine that grows slower with time is no difference between models.
      for (const model of launch % 2 === 0 ? models : models.toReversed()) {
        await using _ = model;
        for (const promptTokens of this.#plan.axes.promptTokens) {
          if (search === undefined) await this.#grid(model, promptTokens, launch, launches);
          else await this.#search(model, promptTokens, search);
        }
      }
    }
    return { cells: this.#cells(), searches: this.#searches };
  }

  #cells(): readonly SweepCell[] {
    const order = this.#plan.models.map(({ spec }) => spec.name);
    return this.#records
      .filter(({ passes, problem }) => passes.length > 0 || problem !== undefined)
      .toSorted(
        (left, right) =>
          order.indexOf(left.model) - order.indexOf(right.model) ||
          left.load.promptTokens - right.load.promptTokens ||
          left.load.concurrency - right.load.concurrency,
      )
      .map(({ model, load, passes, problem }) => sweptCell(model, load, passes, problem));
  }

  #record(model: string, load: SweepLoad): CellRecord {
    const isSame = (record: CellRecord): boolean =>
      record.model === model &&
      record.load.promptTokens === load.promptTokens &&
      record.load.concurrency === load.concurrency;
    const known = this.#records.find(isSame);
    if (known !== undefined) return known;
    const record: CellRecord = { model, load, passes: [], problem: undefined };
    this.#records.push(record);
    return record;
  }

  async #grid(model: SweptModel, promptTokens: number, launch: number, launches: number): Promise<void> {
    const { outputTokens, concurrency, requests } = this.#plan.axes;
    for (const each of concurrency) {
      const record = this.#record(model.name, { promptTokens, outputTokens, concurrency: each });
      // What can't be asked once can't be asked again.
      if (this.#dependencies.signal.aborted || record.problem?.state === 'unavailable') continue;
      await measureInto(record, model, launch, Math.ceil(requests / launches));
    }
  }

  async #search(model: SweptModel, promptTokens: number, { limit, maxConcurrency }: LoadSearch): Promise<void> {
    const { outputTokens } = this.#plan.axes;
    const options = { limit, level: searchLevel, probes: mostProbes(maxConcurrency) };
    const probes: LoadProbe[] = [];
    for (let next = nextProbe(probes, maxConcurrency); next !== undefined; next = nextProbe(probes, maxConcurrency)) {
      const record = this.#record(model.name, { promptTokens, outputTokens, concurrency: next });
      const probe = await this.#probe(model, record, options);
      if (probe === undefined) break;
      probes.push(probe);
    }
    const found = probes.length === 0 ? undefined : highestLoad(probes, maxConcurrency);
    this.#searches.push({
      model: model.name,
      promptTokens,
      outputTokens,
      limit,
      maxConcurrency,
      level: searchLevel,
      isFinished: probes.length > 0 && nextProbe(probes, maxConcurrency) === undefined,
      found,
    });
  }

  /** Judges a load, with more requests as long as it is unclear; undefined where it can't be asked, or was stopped. */
  async #probe(
    model: SweptModel,
    record: CellRecord,
    options: Parameters<typeof judgeLoad>[2],
  ): Promise<LoadProbe | undefined> {
    const { concurrency } = record.load;
    let probe: LoadProbe | undefined;
    for (const size of lookSizes(options)) {
      const known = probe?.requests ?? 0;
      const isMeasured = known >= size || (await measureInto(record, model, 0, size - known));
      if (!isMeasured) return record.problem?.isUnderLoad === true ? brokenLoad(concurrency) : undefined;
      probe = judgeLoad(concurrency, limitedTimes(record.passes, options), options);
      if (probe.verdict !== 'unclear') break;
    }
    return probe;
  }
}

/** A load under which the engine fails keeps no limit; one that it was never asked under says nothing. */
function brokenLoad(concurrency: number): LoadProbe {
  const nothing = { value: undefined, low: undefined, high: undefined };
  return { concurrency, requests: 0, ...nothing, verdict: 'beyond', isValueWithin: false };
}

/** @returns whether there is one more window */
async function measureInto(
  record: CellRecord,
  model: SweptModel,
  launch: number,
  minRequests: number,
): Promise<boolean> {
  const measured = await model.measure(record.load, launch, minRequests);
  if (measured === undefined) return false;
  const isWindow = 'pass' in measured;
  if (isWindow) record.passes.push(measured);
  else record.problem = measured;
  return isWindow;
}

/**
 * Measures models under loads: prompts of each length at each concurrency, in rounds of launches; or, for each length, looks
 * for the highest concurrency that keeps a limit, in one launch.
 *
 * A load that can't be measured says why, and the others go on. Told to stop, it gives what there is.
 */
export async function runSweep(
  plan: SweepPlan,
  dependencies: SweepDependencies,
): Promise<Pick<Sweep, 'models' | 'cells' | 'searches'>> {
  const { suite, models } = plan;
  const { meter, emit, skipWait } = dependencies;
  const quiet = new QuietMachine({ suite, meter, emit, skipWait });
  const swept = models.map((model) => new SweptModel(model, plan, dependencies, quiet));
  const found = await new SweepRun(plan, dependencies).run(swept);
  return { models: swept.map(({ name, info }) => ({ name, info })), ...found };
}
