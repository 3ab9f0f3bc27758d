import type { Needs, WorkerOrder } from '../../core/cluster.ts';
import { blocksOf } from '../../run/item-blocks.ts';
import type { RunPlan } from '../../run/plan.ts';
import { needsOf } from './needs.ts';

export interface OrderOptions {
  readonly runId: string;
  /** The store as workers name it: without a password. */
  readonly storeUrl: string;
  /** So many for each group of models; by default one for each model, and one for each further block of a cell. */
  readonly workers: number | undefined;
}

/**
 * The workers that a run asks for: for each group of models that need about the same, as many as there are models, alone on
 * their nodes; and where cells are split into blocks, others that only answer items. A race and a run within a time are one
 * worker's, since each of its steps follows from those before it.
 */
export async function ordersOf(plan: RunPlan, options: OrderOptions): Promise<readonly WorkerOrder[]> {
  const { suite, manifest, tasks } = plan;
  const models: NeedyModel[] = [];
  for (const model of plan.models) models.push({ name: model.spec.name, needs: await needsOf(plan, model) });
  if (manifest.race !== undefined || manifest.timeLimitMs !== undefined) {
    return [orderOf({ kind: 'g0', models, workers: 1, accuracyOnly: false }, options)];
  }
  const blocks = Math.max(1, ...tasks.map((task) => blocksOf(task, suite.shards)));
  const groups = Map.groupBy(models, ({ needs }) => groupKey(needs));
  return [...groups.values()].flatMap((group, index) => {
    const wanted = options.workers ?? group.length + blocks - 1;
    const measuring = Math.min(wanted, group.length);
    // More could not find a block of their own.
    const helping = Math.min(wanted - measuring, group.length * (blocks - 1));
    const own = orderOf({ kind: `g${index}`, models: group, workers: measuring, accuracyOnly: false }, options);
    if (helping === 0) return [own];
    return [own, orderOf({ kind: `h${index}`, models: group, workers: helping, accuracyOnly: true }, options)];
  });
}

/** Memory in powers of two: models of about one size are one group, and a small one doesn't wait for a large node. */
function groupKey({ gpus, memoryBytes }: Needs): string {
  return `${gpus} ${memoryBytes === undefined ? '' : Math.ceil(Math.log2(memoryBytes / 2 ** 30))}`;
}

interface NeedyModel {
  readonly name: string;
  readonly needs: Needs;
}

interface Group {
  /** Unique in the run: `g0` measures, `h0` helps it. */
  readonly kind: string;
  readonly models: readonly NeedyModel[];
  readonly workers: number;
  readonly accuracyOnly: boolean;
}

function orderOf({ kind, models, workers, accuracyOnly }: Group, { runId, storeUrl }: OrderOptions): WorkerOrder {
  const sizes = models.flatMap(({ needs }) => needs.memoryBytes ?? []);
  const names = models.map((model) => model.name);
  const name = `pb-${runId}-${kind}-a1`;
  return {
    name,
    runId,
    attempt: 1,
    models: names,
    needs: {
      gpus: Math.max(...models.map(({ needs }) => needs.gpus)),
      memoryBytes: sizes.length === 0 ? undefined : Math.max(...sizes),
    },
    workers,
    isExclusive: !accuracyOnly,
    words: [
      'work',
      runId,
      '--store',
      storeUrl,
      ...names.flatMap((model) => ['--model', model]),
      '--job',
      name,
      ...(accuracyOnly ? ['--accuracy-only'] : []),
    ],
  };
}

/** What the attempts of an order have in common. */
export function orderBase({ name, attempt }: Pick<WorkerOrder, 'name' | 'attempt'>): string {
  return name.slice(0, -`-a${attempt}`.length);
}

/** Whether its workers answer items only. What they leave, those that measure do. */
export function isHelper({ words }: Pick<WorkerOrder, 'words'>): boolean {
  return words.includes('--accuracy-only');
}

/** The same order under the name of its next attempt. */
export function nextAttempt(
  { runId, models, needs, workers, isExclusive, ...before }: WorkerOrder,
  attempt = before.attempt + 1,
): WorkerOrder {
  const name = `${orderBase(before)}-a${attempt}`;
  const words = before.words.map((word) => (word === before.name ? name : word));
  return { name, runId, attempt, models, needs, workers, isExclusive, words };
}

/** Of each order its newest attempt, in the order of submission. */
export function newestAttempts<Order extends WorkerOrder>(orders: readonly Order[]): readonly Order[] {
  const newest = new Map<string, Order>();
  for (const order of orders) {
    const known = newest.get(orderBase(order));
    if (known === undefined || known.attempt < order.attempt) newest.set(orderBase(order), order);
  }
  return [...newest.values()];
}
