import { expect, it } from 'vitest';
import { parsePrometheus } from './prometheus-text.ts';

it('metrics are read by name, whatever labels and numbers look like', () => {
  const page = [
    '# TYPE a:one gauge',
    'a:one{engine="0",model="a \\"quoted\\", {odd} name"} 3.0 1795553934000',
    'a:one{engine="1",} 1.27453e+05',
    'a:one NaN',
    'a:one_more 4',
    '',
    ' \ta:two 5\r',
    'a:two{of="spans"} 6 1795553934.25',
    'a:three',
  ].join('\n');
  expect(parsePrometheus(page, new Set(['a:one', 'a:two', 'a:three']))).toEqual([
    { name: 'a:one', labels: { engine: '0', model: 'a \\"quoted\\", {odd} name' }, value: 3 },
    { name: 'a:one', labels: { engine: '1' }, value: 127453 },
    { name: 'a:two', labels: {}, value: 5 },
    { name: 'a:two', labels: { of: 'spans' }, value: 6 },
  ]);
});
