import { renderToString } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import { apiAt, taskCosts, usualModel } from '../../../test/setup/task-costs.ts';
import { costLines, costLinesData } from './cost-lines.ts';

const options = { width: 640, id: 'cost' };
const costs = taskCosts([usualModel], [apiAt(0.2, [0.15, 0.24])], { answersPerDay: 100_000 });

it('draws a falling line with its steps, and a level one for an API', () => {
  const { lines } = costLinesData(costs);
  expect(lines.map(({ name, isApi }) => [name, isApi])).toEqual([
    ['own', false],
    ['api', true],
  ]);
  const [own, api] = lines;
  expect(api?.points.map(({ load, value }) => [load, value])).toEqual([
    [10_000, 0.2],
    [4_320_000, 0.2],
  ]);
  // A device reaches 864,000: on either side of that it costs 0.1 and twice as much.
  const at = own?.points.findIndex(({ load }) => load > 864_000) ?? 0;
  expect(own?.points.slice(at - 1, at + 1).map(({ value }) => value)).toEqual([
    expect.closeTo(0.1, 9),
    expect.closeTo(0.2, 6),
  ]);
});

it('shows intervals as bands, the load, and what it shows in words', () => {
  const svg = renderToString(costLines(costLinesData(costs), options));
  expect(svg).toContain('<title id="cost-title">Price over load on Toy</title>');
  expect(svg).toContain('own from 8.64 at 10,000 to ');
  expect(svg.match(/fill-opacity="0.15"/gu)).toHaveLength(2);
  expect(svg).toContain('api (API)');
  expect(svg).not.toContain('NaN');
});

it('draws no API without a price, nor one at 0, which a logarithmic axis lacks', () => {
  const unknown = { ...apiAt(1), price: { status: 'unavailable', reason: 'no_token_counts', detail: 'none' } } as const;
  expect(costLinesData(taskCosts([usualModel], [unknown, apiAt(0)])).lines.map(({ name }) => name)).toEqual(['own']);
});

it('says that there is nothing to draw', () => {
  const unknown = { status: 'unavailable', reason: 'no_samples', detail: 'none' } as const;
  const svg = renderToString(costLines(costLinesData(taskCosts([{ ...usualModel, rate: unknown }], [])), options));
  expect(svg).toContain('no model has a price');
});
