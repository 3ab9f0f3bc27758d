/** How one kind of quantity is written, wherever people write one: flags, suite files, limits, files of anchors. */
export interface Quantity {
  /** What help calls it. */
  readonly argument: string;
  /** What a good text is, as part of a sentence. */
  readonly expected: string;
  /** The number in base units; undefined where the text is none. */
  readonly parse: (text: string) => number | undefined;
  /** The shortest text that reads back as exactly this number. */
  readonly format: (value: number) => string;
}

/** Largest first; the first spelling of a unit is the one that is written. */
type Units = readonly (readonly [name: string, size: number])[];

/** A number of at least 0 and the unit after it, in lower case; undefined where the text is none. */
function numberWithUnit(text: string): readonly [value: number, unit: string] | undefined {
  const [, digits, unit = ''] = /^((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\p{L}*|%)$/iu.exec(text.trim()) ?? [];
  return digits === undefined ? undefined : [Number(digits), unit.toLowerCase()];
}

function parseIn(units: Units, text: string): number | undefined {
  const [value = 0, unit] = numberWithUnit(text) ?? [];
  const size = unit === '' ? 1 : units.find(([name]) => name.toLowerCase() === unit)?.[1];
  return size === undefined ? undefined : value * size;
}

/** In the largest unit that gives a short number, else in the smallest. */
function formatIn(units: Units, value: number): string {
  for (const [name, size] of units) {
    const count = Number((value / size).toFixed(3));
    if (count >= 1 && count < 10_000 && count * size === value) return `${count} ${name}`;
  }
  const [name = '', size = 1] = units.at(-1) ?? [];
  return `${value / size} ${name}`;
}

export const sizes: Units = [
  ['TiB', 2 ** 40],
  ['TB', 1e12],
  ['GiB', 2 ** 30],
  ['GB', 1e9],
  ['MiB', 2 ** 20],
  ['MB', 1e6],
  ['KiB', 2 ** 10],
  ['kB', 1e3],
  ['B', 1],
];

const times: Units = [
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const energies: Units = [
  ['kJ', 1000],
  ['J', 1],
];

function parseShare(text: string): number | undefined {
  const [value = 0, unit] = numberWithUnit(text) ?? [];
  // Divided, not multiplied: 70 % is exactly what 0.7 is.
  if (unit === '%') return value / 100;
  return unit === '' ? value : undefined;
}

/** Every kind of quantity. The case of a unit doesn't matter, nor a space before it. */
export const quantities = {
  /** Bytes: `2GiB` is 2 * 2^30, `2GB` 2 * 10^9, a bare number bytes. */
  size: {
    argument: 'size',
    expected: 'a size such as 2GiB or 800MB',
    parse: (text) => parseIn(sizes, text),
    format: (bytes) => formatIn(sizes, bytes),
  },
  /** Milliseconds: `500ms` and `500` are 500, `1.5s` is 1500, `2min` 120,000. */
  time: {
    argument: 'time',
    expected: 'a time such as 500ms or 1.5s',
    parse: (text) => parseIn(times, text),
    format: (milliseconds) => formatIn(times, milliseconds),
  },
  /** Joules: `2J` and `2` are 2, `1.5kJ` is 1500. */
  energy: {
    argument: 'energy',
    expected: 'an energy such as 2J or 0.5J',
    parse: (text) => parseIn(energies, text),
    format: (joules) => formatIn(energies, joules),
  },
  /** A ratio: `5%` and `0.05` are 0.05. */
  share: { argument: 'share', expected: 'a share such as 0.7 or 70%', parse: parseShare, format: String },
  /** A bare number. */
  amount: { argument: 'n', expected: 'a number of at least 0', parse: (text) => parseIn([], text), format: String },
} as const satisfies Record<string, Quantity>;
