import { readFileSync } from 'node:fs';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { scoreTable } from '../../formats/score-table.ts';
import { accuracyBySize, parametersInName, parametersText } from './accuracy-by-size.ts';
import { lightTheme, type Chart, type ChartOptions } from './chart-frame.ts';
import { factorBars, type FactorColumn } from './factor-bars.ts';
import { paretoScatter, type ScatterPoint } from './pareto-scatter.ts';
import { modelFamily, pointStyles } from './point-styles.ts';
import { rankIntervals, scoreBars, type RankedModel } from './row-charts.ts';
import { factorData, scatterData, scoreData, sizeData } from './scoreboard-data.ts';

const { scoreboards } = scoreTable(readFileSync(new URL('../../../data/paper.csv', import.meta.url), 'utf8'));
const options: ChartOptions = { width: 480, id: 'test' };
const longName = 'organisation/a-model-with-a-very-long-name-that-nobody-can-read-2.5-0.5B-instruct-q4_k_m';

function draw(chart: Chart): string {
  return renderToString(chart);
}

/** Text positions that lie outside the picture, or numbers that aren't any. */
function faults(svg: string): string[] {
  const [, width = '0', height = '0'] = /viewBox="0 0 (\d+) (\d+)"/u.exec(svg) ?? [];
  const outside = [...svg.matchAll(/<text[^>]* x="([-\d.]+)" y="([-\d.]+)"/gu)].filter(
    ([, x, y]) => Number(x) < 0 || Number(x) > Number(width) || Number(y) < 0 || Number(y) > Number(height),
  );
  const wrong = [...svg.matchAll(/NaN|Infinity|undefined/gu)];
  return [...outside, ...wrong].map(([found]) => found);
}

const unmeasured = { xBounds: undefined, yBounds: undefined, isDoubtful: false };
const bounds = undefined;

function scatter(
  some: readonly (Pick<ScatterPoint, 'model' | 'x' | 'y'> & Partial<ScatterPoint>)[],
  own: ChartOptions = options,
): string {
  const points = some.map((point) => ({ ...unmeasured, ...point }));
  return draw(paretoScatter({ title: 'Scatter', xTitle: 'Throughput', direction: 'more', points }, own));
}

function ranked(model: string, rank: number | undefined): RankedModel {
  return { model, rank, bounds, support: undefined, isTiedWithBest: undefined };
}

function column(values: readonly (number | undefined)[]): FactorColumn {
  return {
    title: 'Latency',
    unit: 'ms',
    isLessBetter: true,
    values: values.map((value) => (value === undefined ? undefined : { value, bounds })),
    text: String,
  };
}

/** Every chart with the same models; `values` are accuracies, costs and scores at once. */
function everyChart(
  models: readonly string[],
  values: readonly (number | undefined)[],
): Readonly<Record<string, string>> {
  const all = models.map((model, index) => ({ model, value: values[index] }));
  const known = all.flatMap(({ model, value }) => (value === undefined ? [] : [{ model, value }]));
  return {
    scatter: scatter(known.map(({ model, value }) => ({ model, x: value * 100, y: value }))),
    ranks: draw(
      rankIntervals(
        { title: 'Ranks', models: all.map(({ model, value }, index) => ranked(model, value && index + 1)) },
        options,
      ),
    ),
    scores: draw(
      scoreBars(
        {
          title: 'Scores',
          scoreTitle: 'PER',
          models: all.map(({ model, value }) => ({ model, score: value, bounds })),
        },
        options,
      ),
    ),
    factors: draw(factorBars({ title: 'Factors', models, factors: [column(values)] }, options)),
    sizes: draw(
      accuracyBySize(
        {
          title: 'Sizes',
          series: [
            {
              task: 'a task',
              points: known.map(({ model, value }) => ({ model, parameters: 1e9, accuracy: value, bounds })),
            },
          ],
        },
        options,
      ),
    ),
  };
}

describe('charts', () => {
  const cases: Readonly<Record<string, readonly [models: readonly string[], values: readonly (number | undefined)[]]>> =
    {
      'one model': [['a-1B'], [0.5]],
      'two equal models': [
        ['a-1B', 'b-1B'],
        [0.5, 0.5],
      ],
      'a missing value': [
        ['a-1B', 'b-1B'],
        [0.5, undefined],
      ],
      'values that are no numbers': [
        ['a-1B', 'b-1B', 'c'],
        [0.5, Number.NaN, Number.POSITIVE_INFINITY],
      ],
      'zeros and ones': [
        ['a-1B', 'b-1B'],
        [0, 1],
      ],
      'long names': [
        [longName, `${longName}-2`],
        [0.3, 0.6],
      ],
      '26 models': [
        Array.from({ length: 26 }, (_, index) => `${String.fromCodePoint(97 + index)}odel-${index}B`),
        Array.from({ length: 26 }, (_, index) => (index + 1) / 27),
      ],
      'markup in names': [['<script>alert(1)</script>&"'], [0.5]],
    };
  it.each(Object.entries(cases))('draw %s', (_, [models, values]) => {
    for (const [name, svg] of Object.entries(everyChart(models, values))) {
      expect(faults(svg), `the chart ${name}`).toEqual([]);
      expect(svg, `the chart ${name}`).toMatch(
        /^<svg [^>]*role="img"[^>]*aria-labelledby="test-title test-description"/u,
      );
      expect(svg, `the chart ${name}`).toMatch(
        /<title id="test-title">[A-Z]\w+<\/title><desc id="test-description">[^<]{10,}<\/desc>/u,
      );
      expect(svg, `the chart ${name}`).not.toContain('<script');
    }
  });

  it('say so when there is nothing to draw', () => {
    for (const [name, svg] of Object.entries(everyChart([], []))) {
      expect(faults(svg), `the chart ${name}`).toEqual([]);
      expect(svg.match(/<text[^>]*>(?:no model|nothing)[^<]*<\/text>/u)?.[0], `the chart ${name}`).toBeDefined();
    }
    expect(draw(rankIntervals({ title: 'Ranks', models: [ranked('a', undefined)] }, options))).toContain(
      'no model has a rank',
    );
  });

  it('draw the whole of the paper at the width of a column, every name in place', () => {
    for (const board of scoreboards) {
      for (const width of [317, 672]) {
        const own = { width, theme: { ...lightTheme, fontSize: 9 } };
        for (const factor of ['throughput', 'latency', 'memory'] as const) {
          expect(faults(draw(paretoScatter(scatterData(board, factor), own)))).toEqual([]);
        }
        expect(faults(draw(factorBars(factorData(board), own)))).toEqual([]);
        expect(faults(draw(scoreBars(scoreData(board), own)))).toEqual([]);
        expect(faults(draw(accuracyBySize(sizeData(scoreboards, parametersInName), own)))).toEqual([]);
      }
    }
  });

  it('keep what they say in words in step with the picture', () => {
    const svg = scatter([
      { model: 'fast-1B', x: 100, y: 0.5 },
      { model: 'good-9B', x: 10, y: 0.9 },
      { model: 'bad-2B', x: 9, y: 0.4 },
    ]);
    expect(svg).toContain(
      'Accuracy of 3 models against Throughput. Pareto front: fast-1B (0.500 at 100), good-9B (0.900 at 10).',
    );
  });

  it('write names whole, however long', () => {
    const whole = (svg: string): string =>
      [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/gu)].map(([, text]) => text).join('');
    for (const [name, svg] of Object.entries(everyChart([longName, `${longName}-2`], [0.3, 0.6]))) {
      expect(svg, `the chart ${name}`).not.toContain('…');
      // A name in a halo stands twice, line by line.
      const texts = whole(svg).replaceAll(/(.+?)\1/gu, '$1');
      expect(texts.replaceAll(/(.+?)\1/gu, '$1'), `the chart ${name}`).toContain('instruct-q4_k_m');
    }
    const scores = draw(
      scoreBars({ title: 'S', scoreTitle: 'PER', models: [{ model: longName, score: 1, bounds }] }, options),
    );
    expect(whole(scores)).toContain(longName);
  });

  it('name every model above the plot where one name has no room beside its point', () => {
    const crowd = Array.from({ length: 12 }, (_, index) => ({ model: `family-${index}B-${longName}`, x: 10, y: 0.5 }));
    const svg = scatter(crowd);
    for (const { model } of crowd)
      expect(svg.match(new RegExp(`>${model.slice(0, 10)}`, 'gu'))?.length).toBeGreaterThan(0);
    const spread = scatter([
      { model: 'one-1B', x: 1, y: 0.2 },
      { model: 'one-2B', x: 10, y: 0.8 },
    ]);
    // Of one family no legend is needed, and each name stands beside its point, in its halo.
    expect(spread.match(/>one-1B<\/text>/gu)).toHaveLength(2);
  });

  it('explain the look of their marks', () => {
    const points = [
      { model: 'a', x: 1, y: 0.5, isDoubtful: true },
      { model: 'b', x: 0.5, y: 0.4 },
    ];
    expect(scatter(points)).toContain('hollow: a doubtful number');
    expect(scatter(points)).toContain('pale: another is at least as good in both');
    expect(scatter(points.slice(1))).not.toMatch(/hollow|pale/u);
    const ranks = (flags: readonly (boolean | undefined)[]): string =>
      draw(
        rankIntervals(
          {
            title: 'R',
            models: flags.map((isTiedWithBest, index) => ({ ...ranked(`m${index}`, index + 1), isTiedWithBest })),
          },
          options,
        ),
      );
    expect(ranks([true, false])).toContain('significantly worse than the best');
    expect(ranks([true, true])).not.toContain('significantly worse');
    expect(ranks([undefined, undefined])).not.toContain('may be the best');
  });

  it('have a linear axis for accuracy, however far apart', () => {
    const accuracies = [{ ...column([0.01, 0.9]), unit: '' }];
    const bars = draw(factorBars({ title: 'F', models: ['a', 'b'], factors: accuracies }, options));
    expect(bars).not.toContain('<circle');
    const latencies = draw(factorBars({ title: 'F', models: ['a', 'b'], factors: [column([0.01, 0.9])] }, options));
    expect(latencies).toContain('<circle');
  });

  it('draws doubtful points hollow, and intervals as bars', () => {
    const plain = scatter([{ model: 'a', x: 1, y: 0.5 }]);
    const bounded = scatter([
      { model: 'a', x: 1, y: 0.5, xBounds: { low: 0.5, high: 2 }, yBounds: { low: 0.4, high: 0.6 } },
    ]);
    const doubtful = scatter([{ model: 'a', x: 1, y: 0.5, isDoubtful: true }]);
    expect(bounded.split('<path').length - plain.split('<path').length).toBe(1);
    expect(doubtful).toContain('a: 0.500 at 1 (doubtful)');
    expect(doubtful).toContain(`stroke="${lightTheme.palette[0]}"`);
  });
});

describe('names of models', () => {
  it.each([
    ['Qwen2.5-0.5B', 'Qwen', 5e8],
    ['smollm2-135m-instruct', 'smollm', 135e6],
    ['hf:google/gemma-2-2b-it', 'gemma', 2e9],
    ['Phi-3.5', 'Phi', undefined],
    ['Mixtral-8x7B', 'Mixtral', undefined],
    ['4', '4', undefined],
  ])('%s is of the family %s with %s parameters', (name, family, parameters) => {
    expect(modelFamily(name)).toBe(family);
    expect(parametersInName(name)).toBe(parameters);
  });

  it('sizes are written short', () => {
    expect([5e8, 1.5e9, 135e6, 72e9].map(parametersText)).toEqual(['500M', '1.5B', '135M', '72B']);
  });

  it('pairs of colour and shape differ for the first 18 families', () => {
    const names = Array.from({ length: 18 }, (_, index) => `family${index}`);
    const looks = [...pointStyles(names, lightTheme).values()].map(({ color, shape }) => [color, shape]);
    for (const [index, [color, shape]] of looks.entries()) {
      expect(looks.findIndex(([otherColor, otherShape]) => color === otherColor && shape === otherShape)).toBe(index);
    }
  });
});
