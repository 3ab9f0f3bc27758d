import type { ForeignProcess } from '../../core/meter.ts';
import type { GpuFacts } from '../../core/manifest.ts';

/** One reading of one GPU. Undefined is what the tool didn't tell. */
export interface DeviceSample {
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** UUID where the tool gives one, else the index. */
  readonly id: string;
  readonly index: string | undefined;
  readonly name: string | undefined;
  readonly memoryTotalBytes: number | undefined;
  readonly memoryUsedBytes: number | undefined;
  /** 0 to 1. */
  readonly utilisation: number | undefined;
  readonly powerWatts: number | undefined;
  readonly powerLimitWatts: number | undefined;
  readonly clockMhz: number | undefined;
  readonly temperatureCelsius: number | undefined;
  /** What lowers the clocks now; undefined where the tool doesn't tell. */
  readonly throttleReasons: readonly string[] | undefined;
  /** It is split into instances (MIG): its own numbers say little about one of them. */
  readonly isPartitioned: boolean;
}

/** A process that a tool saw on a GPU. */
export interface DeviceProcess extends ForeignProcess {
  readonly atMs: number;
}

/** One line of a tool's table: what stands under each heading, units left on. */
export type SmiRow = ReadonlyMap<string, string>;

/** A heading of nvidia-smi carries its unit in brackets: `memory.used [MiB]`. */
function headingName(cell: string): string {
  return cell.replace(/\s*\[[^\]]*\]\s*$/, '').trim();
}

/** Cells between commas; amd-smi puts those that hold commas themselves, its lists, in quotes. */
function cellsOf(line: string): readonly string[] {
  const cells = `,${line}`.matchAll(/,\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))/g);
  return [...cells].map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

/**
 * Reads CSV lines of a monitoring tool by their headings, whatever their order and however many more there are. A heading
 * that comes again replaces the first; amd-smi repeats it in each round.
 *
 * @param isHeading tells a heading by its cells
 * @param lastIsText the last cell of a row takes all that is left of the line
 */
export function createSmiTable(
  isHeading: (cells: readonly string[]) => boolean,
  lastIsText = false,
): {
  /** The row of a line; undefined for headings. A line that fits no heading is `'garbage'`. */
  read(line: string): SmiRow | 'garbage' | undefined;
} {
  let headings: readonly string[] | undefined;
  return {
    read(line) {
      if (line.trim() === '') return undefined;
      const cells = [...cellsOf(line)];
      const names = cells.map(headingName);
      if (isHeading(names)) {
        headings = names;
        return undefined;
      }
      // nvidia-smi writes text as it is, such as the name of a process with a comma.
      if (lastIsText && headings !== undefined && cells.length > headings.length) {
        cells.push(cells.splice(headings.length - 1).join(', '));
      }
      if (headings === undefined || cells.length !== headings.length) return 'garbage';
      return new Map(headings.map((name, index) => [name, cells[index] ?? '']));
    },
  };
}

const factors: Readonly<Record<string, number>> = {
  '': 1,
  '%': 1,
  W: 1,
  MHz: 1,
  C: 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/**
 * A number with its unit as these tools write it: `81559 MiB`, `62.31 W`, `45 %`. Memory comes back in bytes.
 *
 * @returns undefined for `[N/A]`, `[Not Supported]`, `N/A` and whatever else isn't a number
 */
export function smiNumber(cell: string | undefined, impliedUnit = ''): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)\s*([%A-Za-z]*)$/.exec(cell?.trim() ?? '');
  if (match === null) return undefined;
  const factor = factors[match[2] === '' ? impliedUnit : (match[2] ?? '')];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

/** Text, or undefined where the tool says that there is none. */
export function smiText(cell: string | undefined): string | undefined {
  const text = cell?.trim() ?? '';
  return text === '' || /^\[?(n\/a|not supported|unknown error|insufficient permissions)\]?$/i.test(text)
    ? undefined
    : text;
}

/** What a vendor's monitoring tool is asked, and how its answers read. Each question is the words of a call. */
export interface SmiTool {
  readonly name: 'nvidia-smi' | 'amd-smi';
  /** What it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Watches readings of every GPU, as a table whose first heading is `timestamp`. */
  watchWords(ask: (words: readonly string[]) => Promise<string | undefined>): Promise<readonly string[]>;
  /** Unix time of a reading in milliseconds. */
  timestampMs(cell: string | undefined): number | undefined;
  /** @returns undefined for a row that names no GPU */
  sample(row: SmiRow, atMs: number): DeviceSample | undefined;
  readonly processWords: readonly string[];
  /** @returns undefined where the text isn't what the tool prints for `processWords` */
  processes(text: string, atMs: number): readonly DeviceProcess[] | undefined;
  readonly deviceWords: readonly string[];
  devices(text: string): readonly GpuFacts[];
}

/** Rows of a whole table; what fits no heading is left out. */
export function smiRows(text: string, firstHeading: string, lastIsText = false): readonly SmiRow[] {
  const table = createSmiTable((names) => names[0] === firstHeading, lastIsText);
  return text
    .split('\n')
    .map((line) => table.read(line))
    .filter((row) => row !== undefined && row !== 'garbage');
}
