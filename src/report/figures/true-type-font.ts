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
