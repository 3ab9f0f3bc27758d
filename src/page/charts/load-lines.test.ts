import { renderToString } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import type { Measurement } from '../../core/measurement.ts';
import type { Sweep, SweepCell } from '../../core/sweep.ts';
import { loadLines, loadLinesData } from './load-lines.ts';

const options = { width: 640, id: 'sweep' };

function measured(value: number, unit: 'tokens/s' | 'ms'): Measurement {
  const interval = { low: value * 0.9, high: value * 1.1, level: 0.95, method: 't over 3 launches' };
  return { status: 'measured', value, unit, n: 3, interval, warnings: [] };
}

function cell(promptTokens: number, concurrency: number, model = 'alpha'): SweepCell {
  const measurements = {
    outputTokensPerSecond: measured(100 * Math.sqrt(concurrency), 'tokens/s'),
    ttftP50: measured(promptTokens * concurrency, 'ms'),
  };
  const counts = { launches: 3, requests: 90, failedRequests: 0, reusedTokens: 0 };
  return {
    model,
    promptTokens,
    outputTokens: 64,
    concurrency,
    state: 'done',
    reason: undefined,
    ...counts,
    measurements,
    server: undefined,
    marks: [],
  };
}

function sweepOf(cells: readonly SweepCell[]): Sweep {
  return {
    models: [...new Set(cells.map(({ model }) => model))].map((name) => ({ name, info: undefined })),
    launches: 3,
    windowSeconds: 5,
    cells,
    searches: [],
    isInterrupted: false,
    startedAtMs: 0,
    perbenchVersion: '1',
    host: 'a machine',
  };
}

const loads = [1, 2, 8].flatMap((concurrency) => [cell(128, concurrency), cell(2048, concurrency)]);

it('draws a line for each prompt length, with ticks where it was measured', () => {
  const svg = renderToString(loadLines(loadLinesData(sweepOf(loads)), options));
  for (const text of [
    'pp128',
    'pp2048',
    'output tokens/s, total',
    'time to first token p50, ms',
    'concurrent requests',
  ])
    expect(svg).toContain(`>${text}<`);
  expect(svg.match(/<text[^>]*>8<\/text>/gu)).toHaveLength(2);
  expect(svg).toContain('pp2048 from 100 at 1 to 283 at 8');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
});

it('names models where there are several, and says so where nothing was measured', () => {
  const two = sweepOf([...loads, cell(128, 4, 'beta')]);
  expect(renderToString(loadLines(loadLinesData(two), options))).toContain('beta pp128');
  const none: SweepCell = { ...cell(128, 1), state: 'unavailable', reason: 'no room', measurements: {} };
  expect(renderToString(loadLines(loadLinesData(sweepOf([none])), options))).toContain('no load was measured');
});
