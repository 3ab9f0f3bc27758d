import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

let loaded: Promise<Uint8Array> | undefined;

/** The bytes of the font in which figures are set, read once. */
export async function loadChartFont(): Promise<Uint8Array> {
  loaded ??= readFile(fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')));
  return loaded;
}

/** Copied as they are; hinting programs are left out together with the instructions that need them. */
const keptTables = ['OS/2', 'name'] as const;
const compositeMore = 0x20;
const compositeWords = 0x01;
const compositeScale = 0x08;
const compositeScales = 0x40;
const compositeMatrix = 0x80;

/**
 * A font with nothing but the glyphs that a text needs, for embedding: 757 KB become about ten.
 *
 * @returns the bytes of a TrueType file; characters that the font lacks are left out
 */
export function subsetFont(bytes: Uint8Array, text: string): Uint8Array<ArrayBuffer> {
  const font = readTrueTypeFont(bytes);
  const characters = [...new Set(Array.from(text, (character) => character.codePointAt(0) ?? 0))]
    .filter((code) => code <= 0xff_fe && font.glyphOf(code) !== 0)
    .toSorted((left, right) => left - right);
  const glyphs = withComponents(font, [0, ...characters.map((code) => font.glyphOf(code))]);
  const numbers = new Map(glyphs.map((glyph, index) => [glyph, index]));
  const outlines = glyphs.map((glyph) => renumbered(font.outlineOf(glyph), numbers));
  const tables = new Map<string, Buffer>([
    ...keptTables.flatMap((tag): [string, Buffer][] => {
      const table = font.tables.get(tag);
      return table === undefined ? [] : [[tag, table]];
    }),
    ['cmap', characterMap(characters.map((code) => [code, numbers.get(font.glyphOf(code)) ?? 0]))],
    ['glyf', Buffer.concat(outlines)],
    ['head', patched(font, 'head', [[50, 1]])],
    ['hhea', patched(font, 'hhea', [[34, glyphs.length]])],
    ['hmtx', metricsOf(font, glyphs)],
    ['loca', locationsOf(outlines)],
    ['maxp', patched(font, 'maxp', [[4, glyphs.length]])],
    ['post', withoutNames(font)],
  ]);
  return assemble(tables);
}

/** Glyphs, and those that they are put together from. */
function withComponents(font: TrueTypeFont, glyphs: readonly number[]): readonly number[] {
  const all = new Set(glyphs);
  for (const glyph of all) for (const { glyph: part } of components(font.outlineOf(glyph))) all.add(part);
  return [...all].toSorted((left, right) => left - right);
}

/** Parts of a composite glyph, with the place where the number of each stands. */
function components(outline: Buffer): readonly { readonly glyph: number; readonly at: number }[] {
  if (outline.length === 0 || outline.readInt16BE(0) >= 0) return [];
  const parts: { readonly glyph: number; readonly at: number }[] = [];
  let at = 10;
  let flags = compositeMore;
  while ((flags & compositeMore) !== 0) {
    flags = outline.readUInt16BE(at);
    parts.push({ glyph: outline.readUInt16BE(at + 2), at: at + 2 });
    at += 4 + ((flags & compositeWords) === 0 ? 2 : 4);
    if ((flags & compositeScale) !== 0) at += 2;
    else if ((flags & compositeScales) !== 0) at += 4;
    else if ((flags & compositeMatrix) !== 0) at += 8;
  }
  return parts;
}

/** Outline with new numbers of its parts, padded to four bytes as locations want it. */
function renumbered(outline: Buffer, numbers: ReadonlyMap<number, number>): Buffer {
  const copy = Buffer.alloc(Math.ceil(outline.length / 4) * 4);
  outline.copy(copy);
  for (const { glyph, at } of components(outline)) copy.writeUInt16BE(numbers.get(glyph) ?? 0, at);
  return copy;
}

function patched(font: TrueTypeFont, tag: string, changes: readonly (readonly [at: number, value: number])[]): Buffer {
  const copy = Buffer.from(font.tables.get(tag) ?? Buffer.alloc(0));
  for (const [at, value] of changes) copy.writeUInt16BE(value, at);
  if (tag === 'head') copy.writeUInt32BE(0, 8);
  return copy;
}

function metricsOf(font: TrueTypeFont, glyphs: readonly number[]): Buffer {
  const table = Buffer.alloc(glyphs.length * 4);
  for (const [index, glyph] of glyphs.entries()) {
    const outline = font.outlineOf(glyph);
    table.writeUInt16BE(font.advanceOf(glyph), index * 4);
    // The left side bearing of an upright outline is its smallest x.
    table.writeInt16BE(outline.length === 0 ? 0 : outline.readInt16BE(2), index * 4 + 2);
  }
  return table;
}

function locationsOf(outlines: readonly Buffer[]): Buffer {
  const table = Buffer.alloc((outlines.length + 1) * 4);
  let offset = 0;
  for (const [index, outline] of outlines.entries()) {
    offset += outline.length;
    table.writeUInt32BE(offset, (index + 1) * 4);
  }
  return table;
}

/** Format 4 with a segment per character: simple, and short enough. */
function characterMap(entries: readonly (readonly [code: number, glyph: number])[]): Buffer {
  const segments = [...entries.map(([code, glyph]) => ({ code, delta: (glyph - code) & 0xff_ff })), lastSegment];
  const count = segments.length;
  const power = 2 ** Math.floor(Math.log2(count));
  const header = [4, 16 + count * 8, 0, count * 2, power * 2, Math.log2(power), (count - power) * 2];
  const words = [
    ...header,
    ...segments.map(({ code }) => code),
    0,
    ...segments.map(({ code }) => code),
    ...segments.map(({ delta }) => delta),
    ...segments.map(() => 0),
  ];
  const table = Buffer.alloc(12 + words.length * 2);
  table.writeUInt16BE(1, 2);
  table.writeUInt16BE(3, 4);
  table.writeUInt16BE(1, 6);
  table.writeUInt32BE(12, 8);
  for (const [index, word] of words.entries()) table.writeUInt16BE(word, 12 + index * 2);
  return table;
}

const lastSegment = { code: 0xff_ff, delta: 1 } as const;

/** The `post` table without names of glyphs: version 3. */
function withoutNames(font: TrueTypeFont): Buffer {
  const table = Buffer.from((font.tables.get('post') ?? Buffer.alloc(32)).subarray(0, 32));
  table.writeUInt32BE(0x0003_0000, 0);
  return table;
}

function checksum(table: Buffer): number {
  const padded = Buffer.alloc(Math.ceil(table.length / 4) * 4);
  table.copy(padded);
  let sum = 0;
  for (let at = 0; at < padded.length; at += 4) sum = (sum + padded.readUInt32BE(at)) >>> 0;
  return sum;
}

function assemble(tables: ReadonlyMap<string, Buffer>): Uint8Array<ArrayBuffer> {
  const sorted = [...tables].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const power = 2 ** Math.floor(Math.log2(sorted.length));
  const header = Buffer.alloc(12 + sorted.length * 16);
  header.writeUInt32BE(0x0001_0000, 0);
  for (const [index, word] of [sorted.length, power * 16, Math.log2(power), (sorted.length - power) * 16].entries()) {
    header.writeUInt16BE(word, 4 + index * 2);
  }
  let offset = header.length;
  const bodies: Buffer[] = [];
  let headAt = 0;
  for (const [index, [tag, table]] of sorted.entries()) {
    const entry = 12 + index * 16;
    header.write(tag, entry, 'latin1');
    header.writeUInt32BE(checksum(table), entry + 4);
    header.writeUInt32BE(offset, entry + 8);
    header.writeUInt32BE(table.length, entry + 12);
    if (tag === 'head') headAt = offset;
    const padding = Buffer.alloc((4 - (table.length % 4)) % 4);
    bodies.push(table, padding);
    offset += table.length + padding.length;
  }
  const file = Buffer.concat([header, ...bodies]);
  file.writeUInt32BE((0xb1_b0_af_ba - checksum(file)) >>> 0, headAt + 8);
  return Uint8Array.from(file);
}

/** The parts of a TrueType font that measuring and cutting it down need. */
export interface TrueTypeFont {
  readonly unitsPerEm: number;
  readonly tables: ReadonlyMap<string, Buffer>;
  readonly glyphCount: number;
  /** Number of a character's glyph; 0 where the font has none. */
  glyphOf(codePoint: number): number;
  /** Width of a glyph in font units. */
  advanceOf(glyph: number): number;
  /** Outline of a glyph; empty for blanks. */
  outlineOf(glyph: number): Buffer;
}

function tableOf(tables: ReadonlyMap<string, Buffer>, tag: string): Buffer {
  const table = tables.get(tag);
  if (table === undefined) throw new Error(`the font has no table ${tag}`);
  return table;
}

/** Reads a TrueType file with one font in it; the tables stay views of its bytes. */
export function readTrueTypeFont(bytes: Uint8Array): TrueTypeFont {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = new Map<string, Buffer>();
  for (let index = 0; index < file.readUInt16BE(4); index += 1) {
    const entry = 12 + index * 16;
    const offset = file.readUInt32BE(entry + 8);
    tables.set(
      file.toString('latin1', entry, entry + 4),
      file.subarray(offset, offset + file.readUInt32BE(entry + 12)),
    );
  }
  const [head, horizontalHead, metrics, location, outlines] = ['head', 'hhea', 'hmtx', 'loca', 'glyf'].map((tag) =>
    tableOf(tables, tag),
  ) as [Buffer, Buffer, Buffer, Buffer, Buffer];
  const metricCount = horizontalHead.readUInt16BE(34);
  const isLong = head.readInt16BE(50) === 1;
  const offsetAt = (glyph: number): number =>
    isLong ? location.readUInt32BE(glyph * 4) : location.readUInt16BE(glyph * 2) * 2;
  return {
    unitsPerEm: head.readUInt16BE(18),
    tables,
    glyphCount: tableOf(tables, 'maxp').readUInt16BE(4),
    glyphOf: glyphLookup(tableOf(tables, 'cmap')),
    advanceOf: (glyph) => metrics.readUInt16BE(Math.min(glyph, metricCount - 1) * 4),
    outlineOf: (glyph) => outlines.subarray(offsetAt(glyph), offsetAt(glyph + 1)),
  };
}

/** By the format 4 subtable for Unicode's first 65,536 characters, which every such font has. */
function glyphLookup(map: Buffer): (codePoint: number) => number {
  const count = map.readUInt16BE(2);
  const offsets = Array.from({ length: count }, (_, index) => map.readUInt32BE(4 + index * 8 + 4));
  const start = offsets.find((offset) => map.readUInt16BE(offset) === 4);
  if (start === undefined) throw new Error('the font has no character map of format 4');
  const table = map.subarray(start);
  const segments = table.readUInt16BE(6) / 2;
  const [ends, starts, deltas, ranges] = [14, 16 + segments * 2, 16 + segments * 4, 16 + segments * 6] as const;
  return (codePoint) => {
    for (let segment = 0; segment < segments; segment += 1) {
      if (table.readUInt16BE(ends + segment * 2) < codePoint) continue;
      const from = table.readUInt16BE(starts + segment * 2);
      if (from > codePoint) return 0;
      const delta = table.readUInt16BE(deltas + segment * 2);
      const range = table.readUInt16BE(ranges + segment * 2);
      if (range === 0) return (codePoint + delta) & 0xff_ff;
      const glyph = table.readUInt16BE(ranges + segment * 2 + range + (codePoint - from) * 2);
      return glyph === 0 ? 0 : (glyph + delta) & 0xff_ff;
    }
    return 0;
  };
}
