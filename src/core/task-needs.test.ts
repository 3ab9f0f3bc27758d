import { describe, expect, it } from 'vitest';
import { limitsOfNeeds, needProblem, needsText } from './task-needs.ts';

describe('needs of a task file', () => {
  it('are limits in base units', () => {
    const needs = { accuracy: '90%', latency: '500ms', latencyP95: 800, memory: '4GiB', throughput: 2, price: 0.5 };
    expect(limitsOfNeeds(needs)).toEqual({
      minAccuracy: 0.9,
      maxLatency: 500,
      maxLatencyP95: 800,
      maxMemory: 4 * 2 ** 30,
      minThroughput: 2,
      maxPrice: 0.5,
    });
    expect(needsText({ accuracy: 0.9, latency: '0.5s' })).toBe('accuracy >= 0.9, latency <= 500 ms');
  });

  it.each([
    ['latncy', 500, 'unknown need "latncy" (did you mean "latency"?)'],
    ['colour', 1, 'unknown need "colour"; known: accuracy, throughput, latency, latencyP95, memory, energy, price'],
    ['latency', '500 apples', 'need.latency: expected a time such as 500ms or 1.5s, above 0, got "500 apples"'],
    ['memory', '0GiB', 'need.memory: expected a size such as 2GiB or 800MB, above 0, got "0GiB"'],
    ['memory', 4, 'need.memory: expected a size with its unit, such as 4GiB or 800MB, got 4'],
    ['memory', '4.5', 'need.memory: expected a size with its unit, such as 4GiB or 800MB, got "4.5"'],
    ['accuracy', 90, 'need.accuracy: expected a share from 0 to 1, such as 0.7 or 70%, got 90'],
  ])('%s: %j is refused', (name, value, problem) => {
    expect(needProblem(name, value)).toBe(problem);
  });
});
