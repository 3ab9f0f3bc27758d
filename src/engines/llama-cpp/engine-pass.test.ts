import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestQueue } from './engine-pass.ts';

const request = (...tokens: number[]): { readonly tokens: Int32Array } => ({ tokens: Int32Array.from(tokens) });

describe('RequestQueue', () => {
  it('keeps the order of arrival', () => {
    const queue = new RequestQueue<ReturnType<typeof request>>(false);
    const [first, second] = [request(9), request(1)];
    queue.add(first);
    queue.add(second);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([first, second, undefined]);
  });

  it('sorted, brings those with a common start together and goes round', () => {
    const queue = new RequestQueue<ReturnType<typeof request>>(true);
    for (const tokens of [[5, 1], [1, 2, 3], [5], [1, 2]]) queue.add(request(...tokens));
    const next = (): number[] => [...(queue.take()?.tokens ?? [])];
    expect(next()).toEqual([1, 2]);
    expect(next()).toEqual([1, 2, 3]);
    queue.add(request(1));
    queue.add(request(6));
    expect([next(), next(), next(), next()]).toEqual([[5], [5, 1], [6], [1]]);
    expect(queue.length).toBe(0);
  });

  it('gives each request once', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 3 }))), fc.boolean(), (lists, isSorted) => {
        const queue = new RequestQueue<ReturnType<typeof request>>(isSorted);
        const requests = lists.map((tokens) => request(...tokens));
        const taken = new Set<unknown>();
        for (const [index, each] of requests.entries()) {
          queue.add(each);
          if (index % 3 === 2) taken.add(queue.take());
        }
        while (queue.length > 0) taken.add(queue.take());
        expect(taken).toEqual(new Set(requests));
      }),
    );
  });
});
