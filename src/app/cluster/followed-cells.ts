import type { Cell, PassName, PassResult } from '../../core/cell.ts';
import { nowMs } from '../../core/clock.ts';
import type { RunEvent } from '../../core/event.ts';
import type { RunRecord, SampleSummary, Store } from '../../core/store.ts';
import { launchesOf, owedPasses } from '../../run/protocol.ts';

interface PassAtWork {
  readonly pass: PassName;
  readonly launch: number;
}

/** What was last seen of a cell. */
interface FollowedCell {
  cell: Cell;
  /** Since its worker took it, or somebody answers its items. */
  isStarted: boolean;
  samples: number;
  results: readonly PassResult[];
  /** Passes whose start was told, as `pass:launch`. */
  readonly begun: Set<string>;
  /** Of the accuracy pass that was seen to begin. */
  accuracy: { readonly before: SampleSummary; readonly startedMs: number } | undefined;
}

export const isOpenCell = ({ state }: Pick<Cell, 'state'>): boolean => state === 'pending' || state === 'running';

const passKey = ({ pass, launch }: PassAtWork): string => `${pass}:${launch}`;

/** What earlier attempts have measured is done; what they began, this one begins again. */
function start(known: FollowedCell): RunEvent {
  const { cell, results, begun, samples } = known;
  known.isStarted = true;
  known.accuracy = undefined;
  begun.clear();
  const finishedPasses = results.map(({ pass, launch }) => ({ pass, launch }));
  for (const pass of finishedPasses) begun.add(passKey(pass));
  return { type: 'cell-start', cellId: cell.id, attempt: cell.attempt, finishedItems: samples, finishedPasses };
}

/**
 * Tells what becomes of a run's cells in the events that its workers' own displays would get, by what the store says from
 * look to look. What the store doesn't keep (engines that start, single answers) is left out.
 */
export class FollowedCells {
  readonly #store: Store;
  readonly #run: RunRecord;
  readonly #cells = new Map<string, FollowedCell>();
  readonly #launches = new Map<string, number>();

  private constructor(store: Store, run: RunRecord) {
    this.#store = store;
    this.#run = run;
  }

  /** Begins with what there is now: none of that is told as news. */
  static async open(store: Store, run: RunRecord): Promise<FollowedCells> {
    const followed = new FollowedCells(store, run);
    const counts = await store.sampleCounts(run.id);
    for (const cell of await store.cells(run.id)) {
      const results = cell.attempt > 0 && isOpenCell(cell) ? await store.passResults(cell.id) : [];
      const samples = counts.get(cell.id) ?? 0;
      followed.#cells.set(cell.id, {
        cell,
        isStarted: false,
        samples,
        results,
        begun: new Set(),
        accuracy: undefined,
      });
    }
    return followed;
  }

  get cells(): readonly Cell[] {
    return Array.from(this.#cells.values(), ({ cell }) => cell);
  }

  /** What has changed since the last look. */
  async look(): Promise<readonly RunEvent[]> {
    const cells = await this.#store.cells(this.#run.id);
    const counts = await this.#store.sampleCounts(this.#run.id);
    const events: RunEvent[] = [];
    for (const cell of cells) {
      const known = this.#cells.get(cell.id);
      if (known !== undefined) events.push(...(await this.#follow(known, cell, counts.get(cell.id) ?? 0)));
    }
    return [...events, ...this.#passesAtWork()];
  }

  async #follow(known: FollowedCell, cell: Cell, samples: number): Promise<readonly RunEvent[]> {
    const { cell: before } = known;
    const isGrowing = samples > known.samples;
    known.cell = cell;
    if (!isOpenCell(cell) && before.state === cell.state && before.attempt === cell.attempt) return [];
    const events: RunEvent[] = [];
    if (cell.items !== before.items) events.push({ type: 'cell-items', cellId: cell.id, items: cell.items });
    const isTaken = cell.state !== 'pending' && (!known.isStarted || cell.attempt !== before.attempt);
    if (isTaken || (isGrowing && !known.isStarted)) events.push(start(known));
    if (isGrowing) events.push(...(await this.#answers(known)));
    known.samples = samples;
    if (known.isStarted) events.push(...(await this.#endedPasses(known)));
    if (!isOpenCell(cell)) {
      const { id: cellId, state, measurements, error } = cell;
      events.push({ type: 'cell-end', cellId, state, measurements, error });
      known.isStarted = false;
    }
    return events;
  }

  async #endedPasses(known: FollowedCell): Promise<readonly RunEvent[]> {
    const results = await this.#store.passResults(known.cell.id);
    const fresh = results.slice(known.results.length);
    known.results = results;
    return fresh.flatMap((result) => {
      const { pass, launch, concurrency } = result;
      const ended: RunEvent = { type: 'pass-end', cellId: known.cell.id, pass, launch, result };
      return [...this.#begin(known, { pass, launch }, concurrency), ended];
    });
  }

  /** Says that a pass began, once. */
  #begin({ cell, begun }: FollowedCell, at: PassAtWork, concurrency: number): readonly RunEvent[] {
    if (begun.has(passKey(at))) return [];
    begun.add(passKey(at));
    return [...this.#launch(cell.model, at.launch), { type: 'pass-start', cellId: cell.id, ...at, concurrency }];
  }

  #launch(model: string, launch: number): readonly RunEvent[] {
    if ((this.#launches.get(model) ?? -1) >= launch) return [];
    this.#launches.set(model, launch);
    const isOpenEnded = this.#run.manifest.race !== undefined;
    return [{ type: 'launch-start', model, launch, launches: launchesOf(this.#run.suite), isOpenEnded }];
  }

  /** Items were answered: how far the accuracy pass is. */
  async #answers(known: FollowedCell): Promise<readonly RunEvent[]> {
    const { cell, results } = known;
    if (results.some(({ pass }) => pass === 'accuracy')) return [];
    const now = await this.#store.sampleSummary(cell.id);
    const begin = this.#begin(known, { pass: 'accuracy', launch: 0 }, this.#concurrency());
    known.accuracy ??= { before: now, startedMs: nowMs() };
    const { before, startedMs } = known.accuracy;
    const progress = {
      done: now.items,
      before: before.items,
      total: cell.items,
      elapsedMs: nowMs() - startedMs,
      limitMs: undefined,
      promptTokens: now.promptTokens - before.promptTokens,
      outputTokens: now.outputTokens - before.outputTokens,
      failed: now.failed,
      scoreSum: now.scoreSum,
      hidesScore: this.#run.manifest.race !== undefined,
      memoryBytes: undefined,
    };
    return [...begin, { type: 'pass-progress', cellId: cell.id, pass: 'accuracy', launch: 0, progress }];
  }

  #concurrency(): number {
    const { concurrency } = this.#run.suite;
    return concurrency === 'auto' ? 1 : concurrency;
  }

  /**
   * Passes that measure time leave no trace until they end: what a worker is at follows from the order in which a full run
   * asks, launch by launch and cell by cell. Of a race nobody can tell.
   */
  #passesAtWork(): readonly RunEvent[] {
    if (this.#run.manifest.race !== undefined) return [];
    const held = [...this.#cells.values()].filter(({ cell }) => cell.state === 'running');
    return [...Map.groupBy(held, ({ cell }) => cell.model).values()].flatMap((own) => {
      const next = this.#nextPass(own);
      // The accuracy pass shows itself by its answers.
      if (next === undefined || next.at.pass === 'accuracy') return [];
      const isLatency = next.at.pass === 'latency';
      return this.#begin(next.known, next.at, isLatency ? 1 : this.#concurrency());
    });
  }

  #nextPass(own: readonly FollowedCell[]): { readonly known: FollowedCell; readonly at: PassAtWork } | undefined {
    const { suite } = this.#run;
    for (let launch = 0; launch < launchesOf(suite); launch += 1) {
      for (const known of own) {
        const [pass] = owedPasses(suite, launch, known.results);
        if (pass !== undefined) return { known, at: { pass, launch } };
      }
    }
    return undefined;
  }
}
