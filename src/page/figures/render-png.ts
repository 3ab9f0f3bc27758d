import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { safeText } from '../../present/sanitise.ts';
import { chartFont } from '../charts/chart-frame.ts';
import { loadChartFont } from './chart-font.ts';

interface PngFacts {
  readonly dpi: number;
  /** Goes into the file under the keyword `Source`. */
  readonly text: string | undefined;
}

const inchMetres = 0.0254;
/** The signature, and the header chunk that must come first. */
const headerEnd = 8 + 25;

/** Adds resolution and text to a PNG file: chunks `pHYs` and `iTXt` behind its header. */
function withPngFacts(png: Uint8Array, { dpi, text }: PngFacts): Uint8Array {
  const resolution = Buffer.alloc(9);
  const dotsPerMetre = Math.round(dpi / inchMetres);
  resolution.writeUInt32BE(dotsPerMetre, 0);
  resolution.writeUInt32BE(dotsPerMetre, 4);
  resolution[8] = 1;
  const chunks = [chunk('pHYs', resolution)];
  // Keyword, no compression, no language, no translated keyword, then UTF-8.
  if (text !== undefined) chunks.push(chunk('iTXt', Buffer.from(`Source\0\0\0\0\0${safeText(text)}`, 'utf8')));
  return Uint8Array.from(Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

export interface PngOptions {
  /** Dots per inch; 300 by default, which journals ask for. */
  readonly dpi?: number;
  /** Where the numbers come from: kept as text in the file. */
  readonly provenance?: string;
  /** Bytes of a font in place of the chart font. */
  readonly font?: Uint8Array;
}

const cssDpi = 96;
let started: Promise<void> | undefined;

/** WebAssembly can be started once in a process. */
async function startRenderer(): Promise<void> {
  started ??= readFile(fileURLToPath(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'))).then(async (code) =>
    initWasm(code),
  );
  return started;
}

/**
 * An SVG figure as PNG, white behind.
 *
 * @param svg as `renderSvg` writes it; its size in millimetres or CSS pixels is that of the picture on paper
 */
export async function renderPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  const { dpi = 300, provenance, font = await loadChartFont() } = options;
  await startRenderer();
  const renderer = new Resvg(svg, {
    background: '#ffffff',
    // Without the font all texts would be missing, and nobody would be told.
    font: { fontBuffers: [font], defaultFontFamily: chartFont, sansSerifFamily: chartFont },
    fitTo: { mode: 'zoom', value: dpi / cssDpi },
  });
  const image = renderer.render();
  try {
    return withPngFacts(image.asPng(), { dpi, text: provenance });
  } finally {
    image.free();
    renderer.free();
  }
}
