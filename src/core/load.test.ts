import { expect, it } from 'vitest';
import { parseGoodput } from './load.ts';

it('reads limits in the habit of vLLM', () => {
  expect(parseGoodput('ttft:500ms,tpot:50ms')).toEqual({ ttft: 500, tpot: 50 });
  expect(parseGoodput('ttft:500 e2el:2s')).toEqual({ ttft: 500, e2el: 2000 });
  expect(parseGoodput('e2el:1.5min')).toEqual({ e2el: 90_000 });
});

it.each(['', 'ttft', 'ttft:', 'ttft:0', 'ttft:-5', 'ttft:5h', 'itl:5', 'ttft:5,ttft:6', 'ttft:5,'])(
  'refuses %j',
  (text) => {
    expect(parseGoodput(text)).toBeUndefined();
  },
);
