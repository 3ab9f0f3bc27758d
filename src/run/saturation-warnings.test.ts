import { expect, it } from 'vitest';
import { saturationWarnings } from './saturation-warnings.ts';

it('is said where the search ended with the most that it tries', () => {
  const said = (asked: 'auto' | number, pass: 'throughput' | 'latency', used: number, most = 512) =>
    saturationWarnings({ concurrency: asked }, { pass, concurrency: used }, most).map(({ reason }) => reason);
  expect(said('auto', 'throughput', 512)).toEqual(['unsaturated']);
  expect(said('auto', 'throughput', 256)).toEqual([]);
  expect(said('auto', 'throughput', 256, 256)).toEqual(['unsaturated']);
  expect(said('auto', 'latency', 512)).toEqual([]);
  expect(said(512, 'throughput', 512)).toEqual([]);
});
