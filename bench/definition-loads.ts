import { randomOrder } from '../src/stats/random.ts';
import { drawItems, poissonArrivals, type Recorded, serve, type Work } from './simulated-server.ts';

const items = 32;
const concurrency = 16;
/** The items of the benchmark. */
export const benchmark = drawItems(items, 7);

/** The items in a random order, asked round and round. */
function askedWork(count: number, seed: number): readonly Work[] {
  const order = randomOrder(items, seed);
  return Array.from({ length: count }, (_, index) => benchmark[order[index % items] as number] as Work);
}

function longRunCapacity(): number {
  const ends = serve({ work: askedWork(200 * items, 1), places: concurrency }).map(
    ({ tokenMs }) => tokenMs.at(-1) as number,
  );
  // From the end of one round of the items to that of another: the mix of the benchmark, both ends in full flow.
  const [first, last] = [20 * items, 180 * items];
  return (1000 * (last - first)) / ((ends[last] as number) - (ends[first] as number));
}

/** What the server can do in the long run, in items of this benchmark per second. */
export const capacity = longRunCapacity();

function closed(count: number): (seed: number) => Recorded {
  return (seed) => ({
    requests: serve({ work: askedWork(count, seed), places: concurrency }),
    places: concurrency,
    requestRate: undefined,
  });
}

function open(count: number, load: number, places: number): (seed: number) => Recorded {
  const requestRate = load * capacity;
  return (seed) => ({
    requests: serve({
      work: askedWork(count, seed),
      places,
      arrivalsMs: poissonArrivals(count, requestRate, seed),
    }),
    places,
    requestRate,
  });
}

/** Loads by name, each with its true rate: what the server answers per second in the long run. */
export const loads = {
  'closed, 64': { record: closed(64), rate: capacity },
  'closed, 640': { record: closed(640), rate: capacity },
  'open, 64': { record: open(64, 0.8, 2000), rate: 0.8 * capacity },
  'open, 640': { record: open(640, 0.8, 2000), rate: 0.8 * capacity },
  overloaded: { record: open(640, 2, 64), rate: capacity },
} as const satisfies Record<string, { readonly record: (seed: number) => Recorded; readonly rate: number }>;

export type LoadName = keyof typeof loads;
export const loadNames = Object.keys(loads) as readonly LoadName[];
