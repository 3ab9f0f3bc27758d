import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { anchorsOf, paperAnchors } from '../scoring/anchors.ts';
import { factorHeadings, identityHeadings } from './table-columns.ts';

// The formatter pads the cells of tables.
const page = readFileSync(new URL('../../docs/scores.md', import.meta.url), 'utf8').replaceAll(/ +/gu, ' ');
const section = page.slice(page.indexOf('## Tables of measurements'));

it('docs/scores.md names every heading that is read', () => {
  for (const heading of [...Object.keys(factorHeadings), ...Object.values(identityHeadings).flat()]) {
    expect(section).toContain(`\`${heading}\``);
  }
});

it('docs/scores.md shows the anchors in use', () => {
  for (const task of Object.keys(paperAnchors.tasks)) {
    const anchors = anchorsOf(paperAnchors, task);
    const row = [
      task,
      anchors?.trivialAccuracy,
      `${anchors?.throughput} ${anchors?.throughputUnit}`,
      `${anchors?.latency} ${anchors?.latencyUnit}`,
      `${((anchors?.memory ?? 0) / 2 ** 20).toLocaleString('en')} MiB`,
    ];
    expect(page).toContain(`| ${row.join(' | ')} |`);
  }
});
