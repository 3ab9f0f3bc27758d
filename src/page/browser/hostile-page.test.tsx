import { describe, expect, it } from 'vitest';
import { made } from '../../../test/page/stored-pages.ts';
import { acts, hostileTexts, reportOf } from '../../../test/setup/hostile-texts.ts';
import { visibleText } from '../../present/sanitise.ts';
import { scoreboardFigures } from '../figures/scoreboard-figures.ts';
import { renderPng } from '../figures/render-png.ts';
import { renderSvg } from '../figures/render-svg.ts';
import { makePage } from '../make-page.ts';
import { reportPage } from '../write-page.ts';
import { prerenderReport } from './prerender.tsx';

const shell = '<title><!--perbench:title--></title><!--perbench:body--><!--perbench:data-->';
const markup: readonly [name: string, text: string, left: string][] = [
  ['the end of a CDATA section', 'a]]>b', 'a]]&gt;b'],
  ['tags and entities', `<b>&amp;"'`, '&lt;b'],
];

describe.each(Object.entries(hostileTexts))('%s', (_, [text]) => {
  it('is seen in a page, in text, attributes and title', () => {
    const html = reportPage(shell, prerenderReport, makePage(reportOf(text), made));
    expect(acts.exec(html)).toBeNull();
    expect(html).toContain(`<title>${visibleText(text)} – perbench report</title>`);
    expect(html.split(visibleText(text)).length).toBeGreaterThan(5);
  });
});

describe.each([...Object.entries(hostileTexts).map(([name, [text, left]]) => [name, text, left] as const), ...markup])(
  '%s',
  (_, text, left) => {
    it('is harmless in figures, which are XML', async () => {
      const { scoreboards } = reportOf(text);
      const figures = scoreboardFigures(scoreboards, { widthMm: 84, parametersOf: () => 1e9 });
      expect(figures.length).toBeGreaterThan(4);
      const drawn = figures.map(({ chart }) => renderSvg(chart, { provenance: text }));
      for (const svg of drawn) {
        expect(acts.exec(svg)).toBeNull();
        expect(svg).not.toContain(']]>');
        expect(svg).toContain(left);
      }
      // Whoever draws it reads it as XML, strictly.
      const png = await renderPng(drawn.at(-1) ?? '', { dpi: 20, provenance: text });
      expect(png.length).toBeGreaterThan(100);
    });
  },
);
