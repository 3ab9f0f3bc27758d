import { describe, expect, it } from 'vitest';
import type { Roofline } from '../core/roofline.ts';
import type { ModelOutline } from './model-outline.ts';
import { estimateSpeed, unmeasuredTypes } from './model-speed.ts';

const f16 = { type: 1, name: 'f16', bytesPerSecond: 10e9, operationsPerSecond: 100e9 };
const q4 = { type: 12, name: 'q4_K', bytesPerSecond: 5e9, operationsPerSecond: 200e9 };
const roofline: Roofline = { rates: [f16, q4], stepMs: 0.01, threads: 2 };

const cache = { numbersPerToken: 1000, windowTokens: undefined, stateNumbers: 0 };
const outline: ModelOutline = {
  architecture: 'toy',
  parameters: 110e6,
  weightsBytes: 60e6,
  layers: [
    { weightsBytes: 50e6, expertBytes: 0, cache },
    { weightsBytes: 0, expertBytes: 0, cache: { ...cache, windowTokens: 100 } },
  ],
  outputBytes: 10e6,
  inputBytes: 0,
  heads: 5,
  keyLength: 100,
  valueLength: 100,
  embeddingLength: 500,
  feedForwardLength: 2000,
  vocabularySize: 1000,
  trainedContextTokens: undefined,
  work: {
    activeParameters: 105e6,
    layers: [{ type: 12, bytes: 50e6, activeBytes: 50e6, activeParameters: 100e6 }],
    output: [{ type: 1, bytes: 10e6, activeBytes: 10e6, activeParameters: 5e6 }],
    operations: 20,
  },
};
const use = { promptTokens: 500, contextTokens: 600, kvCache: 'f16' } as const;

describe('estimateSpeed', () => {
  it('reads weights, keys and values for a token, and waits at each step', () => {
    // 50 MB at 5 GB/s, 10 MB at 10 GB/s, 1000 x (600 + 100) numbers of 2 bytes at 10 GB/s, 20 steps.
    expect(estimateSpeed(outline, roofline, use)?.tokenMs).toBeCloseTo(10 + 1 + 0.14 + 0.2, 9);
  });

  it('computes a prompt, or reads the weights where that takes longer', () => {
    // 2 x 100e6 x 500 operations at 200e9 per second; attention 500 x 2 x 5 x 200 x (250 + 100) at 100e9.
    expect(estimateSpeed(outline, roofline, use)?.firstTokenMs).toBeCloseTo(500 + 3.5 + 1 + 0.2, 9);
    const short = estimateSpeed(outline, roofline, { ...use, promptTokens: 2 });
    expect(short?.firstTokenMs).toBeCloseTo(10 + 0.00004 + 1 + 0.2, 4);
  });

  it('reads only the experts that are used for a token, but computes with no more for a prompt either', () => {
    const [dense] = outline.work.layers;
    const layers = [{ ...dense, type: 12, bytes: 400e6, activeBytes: 50e6, activeParameters: 100e6 }];
    const mixture = { ...outline, work: { ...outline.work, layers } };
    expect(estimateSpeed(mixture, roofline, use)?.tokenMs).toBeCloseTo(11.34, 9);
    expect(estimateSpeed(mixture, roofline, use)?.firstTokenMs).toBeCloseTo(504.7, 9);
    // All 400 MB are read for a batch, whichever experts it needs.
    expect(estimateSpeed(mixture, roofline, { ...use, promptTokens: 2 })?.firstTokenMs).toBeCloseTo(81.2, 3);
  });

  it('knows nothing of a type that was not measured', () => {
    const known = { ...roofline, rates: [f16] };
    expect(unmeasuredTypes(outline, known)).toEqual([12]);
    expect(estimateSpeed(outline, known, use)).toBeUndefined();
    expect(unmeasuredTypes(outline, roofline)).toEqual([]);
  });
});
