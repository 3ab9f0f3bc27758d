import { crc32 } from 'node:zlib';

export interface PngFacts {
  readonly dpi: number;
  /** Goes into the file under the keyword `Source`. */
  readonly text?: string;
}

const inchMetres = 0.0254;
/** The signature, and the header chunk that must come first. */
const headerEnd = 8 + 25;

/** Adds resolution and text to a PNG file: chunks `pHYs` and `iTXt` behind its header. */
export function withPngFacts(png: Uint8Array, { dpi, text }: PngFacts): Uint8Array {
  const resolution = Buffer.alloc(9);
  const dotsPerMetre = Math.round(dpi / inchMetres);
  resolution.writeUInt32BE(dotsPerMetre, 0);
  resolution.writeUInt32BE(dotsPerMetre, 4);
  resolution[8] = 1;
  const chunks = [chunk('pHYs', resolution)];
  // Keyword, no compression, no language, no translated keyword, then UTF-8.
  if (text !== undefined) chunks.push(chunk('iTXt', Buffer.from(`Source\0\0\0\0\0${text}`, 'utf8')));
  return Uint8Array.from(Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
