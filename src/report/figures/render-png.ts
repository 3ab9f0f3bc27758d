import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { chartFont } from '../charts/chart-theme.ts';
import { loadChartFont } from './chart-font.ts';
import { withPngFacts } from './png-facts.ts';

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
    return withPngFacts(image.asPng(), { dpi, ...(provenance !== undefined && { text: provenance }) });
  } finally {
    image.free();
    renderer.free();
  }
}
