import { formatLimit, limitKind, type LimitName, type Limits, parseBound } from './limits.ts';
import { nearestName } from './nearest-name.ts';

/** What a task file may demand under `need`, and which limit each is. */
const needLimits = {
  accuracy: 'minAccuracy',
  throughput: 'minThroughput',
  latency: 'maxLatency',
  latencyP95: 'maxLatencyP95',
  memory: 'maxMemory',
  energy: 'maxEnergy',
  price: 'maxPrice',
} as const satisfies Record<string, LimitName>;

type NeedName = keyof typeof needLimits;

export type Needs = Readonly<Record<string, number | string>>;

const needNames = Object.keys(needLimits);

/** Whether a task file may demand it. */
export function isNeedName(name: string): name is NeedName {
  return Object.hasOwn(needLimits, name);
}

/** What is wrong with one demand, such as `latency: 500 apples`; undefined where nothing is. */
export function needProblem(name: string, value: number | string): string | undefined {
  if (!isNeedName(name)) {
    const near = nearestName(name, needNames);
    return `unknown need "${name}"${near === undefined ? `; known: ${needNames.join(', ')}` : ` (did you mean "${near}"?)`}`;
  }
  // A bare number would be bytes, which nobody means.
  if (name === 'memory' && /\d\.?\s*$/.test(String(value)))
    return `need.memory: expected a size with its unit, such as 4GiB or 800MB, got ${JSON.stringify(value)}`;
  const bound = parseBound(needLimits[name], value);
  if (bound !== undefined && (bound > 0 || name === 'accuracy')) return undefined;
  const above = name === 'accuracy' ? '' : ', above 0';
  return `need.${name}: expected ${limitKind(needLimits[name]).expected}${above}, got ${JSON.stringify(value)}`;
}

/** The demands as limits, in base units. Those that are none are left out: {@link needProblem} says why. */
export function limitsOfNeeds(needs: Needs = {}): Limits {
  const bounds = Object.entries(needs).flatMap(([name, value]) =>
    isNeedName(name) && needProblem(name, value) === undefined
      ? [[needLimits[name], parseBound(needLimits[name], value)] as const]
      : [],
  );
  return Object.fromEntries(bounds);
}

/** The demands in the words of limits: `accuracy >= 0.9, latency <= 500 ms`. */
export function needsText(needs: Needs): string {
  return Object.entries(limitsOfNeeds(needs))
    .flatMap(([name, bound]) => (bound === undefined ? [] : [formatLimit({ name: name as LimitName, bound })]))
    .join(', ');
}
