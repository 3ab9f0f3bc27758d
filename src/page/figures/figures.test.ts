import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { darkPixels, pngChunks } from '../../../test/setup/png-pixels.ts';
import { paperFigure } from '../../paper/paper-documents.ts';
import { readPaperTable } from '../../paper/paper-table.ts';
import { scoreTable } from '../../formats/score-table.ts';
import type { Chart } from '../charts/chart-frame.ts';
import { scoreBars } from '../charts/row-charts.ts';
import { loadChartFont, readTrueTypeFont, subsetFont } from './chart-font.ts';
import { renderPdf } from './render-pdf.ts';
import { renderPng } from './render-png.ts';
import { printedOptions, renderSvg } from './render-svg.ts';
import { scoreboardFigures } from './scoreboard-figures.ts';

const csv = readFileSync(new URL('../../../data/paper.csv', import.meta.url), 'utf8');
const small: Chart = scoreBars(
  {
    title: 'Two',
    scoreTitle: 'PER',
    models: [
      { model: 'a-1B', score: 0.5, bounds: { low: 0.4, high: 0.6 } },
      { model: 'b', score: undefined, bounds: undefined },
    ],
  },
  { width: 200, id: 'two' },
);

describe('renderSvg', () => {
  it('writes a whole picture', () => {
    expect(renderSvg(small).replaceAll('><', '>\n<')).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 83" width="200" height="83" role="img" aria-labelledby="two-title two-description" font-family="'DejaVu Sans', Verdana, sans-serif" font-size="12" fill="#1a1a1a">
      <title id="two-title">Two</title>
      <desc id="two-description">PER: a-1B 0.500, b no score.</desc>
      <rect width="200" height="83" fill="#ffffff">
      </rect>
      <g>
      <g font-size="10.8" fill="#595959" text-anchor="middle">
      <path d="M38.35,6.00V46.80M70.83,6.00V46.80M103.31,6.00V46.80M135.79,6.00V46.80" stroke="#e0e0e0" stroke-width="0.86">
      </path>
      <text x="38.35" y="61.2">0</text>
      <text x="70.83" y="61.2">0.2</text>
      <text x="103.31" y="61.2">0.4</text>
      <text x="135.79" y="61.2">0.6</text>
      <text x="89.5" y="78" fill="#1a1a1a" font-size="12">PER</text>
      </g>
      <path d="M38.35,6.00V46.80H140.66" fill="none" stroke="#595959" stroke-width="1">
      </path>
      </g>
      <g text-anchor="end">
      <text x="32.35" y="21.3">a-1B</text>
      <text x="32.35" y="39.9">b</text>
      </g>
      <g font-size="10.8" fill="#595959">
      <text x="146.66" y="20.94">0.500</text>
      <text x="146.66" y="39.54">no score</text>
      </g>
      <g>
      <rect x="38.35" y="12" width="81.2" height="10.2" fill="#0072B2" fill-opacity="0.8">
      </rect>
      <path d="M103.31,17.10H135.79M103.31,14.46V19.74M135.79,14.46V19.74" stroke="#1a1a1a" stroke-width="1.33" fill="none">
      </path>
      </g>
      </svg>
      "
    `);
  });

  it('has the size on paper, the source and the font when asked', async () => {
    const font = await loadChartFont();
    const svg = renderSvg(small, { widthMm: 84, font, provenance: 'Run 1 & <2>' });
    expect(svg).toMatch(/^<svg [^>]*width="84mm" height="[\d.]+mm"/u);
    expect(svg).toContain('<metadata>Run 1 &amp; &lt;2></metadata>');
    expect(svg).toContain("@font-face{font-family:'DejaVu Sans';src:url(data:font/ttf;base64,");
    expect(svg.length).toBeLessThan(40_000);
  });
});

describe('subsetFont', () => {
  it('keeps the letters asked for, with outlines and widths, and parts of composed ones', async () => {
    const bytes = await loadChartFont();
    const cut = readTrueTypeFont(subsetFont(bytes, 'Aé→é'));
    const whole = readTrueTypeFont(bytes);
    for (const character of ['A', 'é', '→']) {
      const code = character.codePointAt(0) ?? 0;
      expect(cut.advanceOf(cut.glyphOf(code))).toBe(whole.advanceOf(whole.glyphOf(code)));
      expect(cut.outlineOf(cut.glyphOf(code)).length).toBeGreaterThan(10);
    }
    expect(cut.glyphOf('B'.codePointAt(0) ?? 0)).toBe(0);
    expect(cut.glyphCount).toBeLessThan(10);
  });

  it('draws the same as the whole font', async () => {
    const text = 'Qwen2.5-0.5B é ½ → 10k';
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><text x="5" y="28" font-size="20" font-family="DejaVu Sans">${text}</text></svg>`;
    const bytes = await loadChartFont();
    const [whole, cut] = [
      await renderPng(picture, { dpi: 96 }),
      await renderPng(picture, { dpi: 96, font: subsetFont(bytes, text) }),
    ];
    expect(Buffer.compare(whole, cut)).toBe(0);
    expect(darkPixels(whole, { left: 0, top: 0, right: 300, bottom: 40 })).toBeGreaterThan(500);
  });
});

describe('renderPng', () => {
  // Without a font, texts are missing and nothing says so.
  it('has dark pixels where the names are', async () => {
    const png = await renderPng(renderSvg(small, { widthMm: 84 }), { dpi: 200, provenance: 'Run 1' });
    const names = { left: 0, top: 0, right: 80, bottom: 80 };
    expect(darkPixels(png, names)).toBeGreaterThan(100);
    const chunks = pngChunks(png);
    expect(chunks.map(({ type }) => type)).toEqual(expect.arrayContaining(['IHDR', 'pHYs', 'iTXt', 'IDAT', 'IEND']));
    expect(chunks.find(({ type }) => type === 'pHYs')?.data.readUInt32BE(0)).toBe(7874);
    expect(chunks.find(({ type }) => type === 'iTXt')?.data.toString('utf8')).toContain('Run 1');
    // 84 mm at 200 dots per inch.
    expect(chunks[0]?.data.readUInt32BE(0)).toBeGreaterThanOrEqual(660);
    expect(chunks[0]?.data.readUInt32BE(0)).toBeLessThanOrEqual(663);
  });

  it('shows no text without a font: the check above can fail', async () => {
    const png = await renderPng(renderSvg(small, { widthMm: 84 }), { dpi: 200, font: new Uint8Array(0) });
    expect(darkPixels(png, { left: 0, top: 0, right: 60, bottom: 60 })).toBe(0);
  });
});

describe('renderPdf', () => {
  const options = { widthMm: 84, title: 'Two <models>', provenance: 'Run 1' };
  const text = async (): Promise<string> => Buffer.from(await renderPdf(small, options)).toString('latin1');

  it('is one page of the size asked for, with an embedded font and its source', async () => {
    const pdf = await text();
    expect(pdf).toMatch(/^%PDF-1/u);
    expect(pdf.match(/\/Type \/Page\b(?!s)/gu)).toHaveLength(1);
    const [, width] = /\/MediaBox \[0 0 ([\d.]+) /u.exec(pdf) ?? [];
    expect(Number(width)).toBeCloseTo((84 * 72) / 25.4, 1);
    expect(pdf).toContain('/FontFile2');
    expect(pdf).toContain('/ToUnicode');
    expect(pdf).toMatch(/\/BaseFont \/[A-Z]{6}\+DejaVuSans/u);
    expect(pdf).toContain('(Two <models>)');
    expect(pdf).toContain('(Run 1)');
    expect(pdf.includes('/Subtype /Image')).toBe(false);
  });

  it('is the same file for the same figure', async () => {
    expect(await text()).toBe(await text());
  });

  it('has lines, shapes and every text of the chart', async () => {
    const pdf = Buffer.from(await renderPdf(small, options));
    const streams = inflatedStreams(pdf);
    const [content] = streams;
    // Two bars' worth of rectangles, the grid, and texts by glyph.
    expect(content?.match(/ re\b/gu)?.length).toBeGreaterThanOrEqual(2);
    expect(content?.match(/ l\b/gu)?.length).toBeGreaterThan(4);
    const texts = renderSvg(small).match(/<text/gu)?.length ?? 0;
    expect(content?.match(/^BT$/gmu)).toHaveLength(texts);
    const glyphs = streams.find((stream) => stream.includes('beginbfrange') || stream.includes('beginbfchar')) ?? '';
    // Every letter of `no score` can be copied.
    for (const letter of new Set('noscore')) {
      expect(glyphs.toLowerCase()).toContain(letter.codePointAt(0)?.toString(16).padStart(4, '0'));
    }
  });

  it('draws every kind of figure', async () => {
    const { scoreboards } = scoreTable(csv);
    for (const { chart, title } of scoreboardFigures(scoreboards.slice(0, 1), {
      widthMm: 84,
      parametersOf: () => 1e9,
    })) {
      expect((await renderPdf(chart, { widthMm: 84, title })).length).toBeGreaterThan(3000);
    }
  });
});

/** The compressed streams of a PDF, as text. */
function inflatedStreams(pdf: Buffer): readonly string[] {
  const text = pdf.toString('latin1');
  return [...text.matchAll(/stream\n([\s\S]*?)\nendstream/gu)].flatMap(([, stream = '']) => {
    try {
      return [inflateSync(Buffer.from(stream, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
}

describe('figures', () => {
  it('of a table: one by size, five of each task', () => {
    const { scoreboards } = scoreTable(csv);
    const figures = scoreboardFigures(scoreboards, { widthMm: 84, parametersOf: () => 1e9 });
    expect(figures).toHaveLength(1 + 5 * 5);
    expect(figures.slice(0, 6).map(({ name }) => name)).toEqual([
      'accuracy-by-size',
      'gsm8k-throughput',
      'gsm8k-latency',
      'gsm8k-memory',
      'gsm8k-factors',
      'gsm8k-scores',
    ]);
    expect(scoreboardFigures(scoreboards, { widthMm: 84, parametersOf: () => undefined })).toHaveLength(5 * 5);
  });

  it("the paper's Figure 1 has every model on every task", () => {
    const svg = renderSvg(paperFigure(readPaperTable(csv), 178).chart);
    expect(svg.match(/<title>[^<]+, (?:GSM8K|SQuAD 2\.0|HellaSwag|IMDB|ARC-Easy): 0\.\d{3}<\/title>/gu)).toHaveLength(
      80,
    );
    expect(printedOptions(25.4, 'x').width).toBe(96);
    // Nine pixels are the least that is readable.
    const sizes = [...svg.matchAll(/font-size="([\d.]+)"/gu)].map(([, size]) => Number(size));
    expect(Math.min(...sizes)).toBeGreaterThan(9);
  });
});
