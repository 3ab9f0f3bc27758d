import { Template } from '@huggingface/jinja';
import { expect, it } from 'vitest';
import { boundedRenderer, withinTime } from './within-time.ts';

it('gives what was done in time, and throws what it throws', () => {
  expect(withinTime(1_000, () => [1])).toEqual({ value: [1] });
  expect(withinTime(1_000, () => withinTime(500, () => 2))).toEqual({ value: { value: 2 } });
  expect(() =>
    withinTime(1_000, () => {
      throw new RangeError('no');
    }),
  ).toThrow(RangeError);
});

const loops = {
  'one loop of many rounds': '{% for i in range(30000) %}{% for j in range(30000) %}{% endfor %}{% endfor %}',
  'a macro in a loop':
    '{% macro m(x) %}{{ x }}{% endmacro %}{% for i in range(30000) %}{% for j in range(30000) %}{{ m(j) }}{% endfor %}{% endfor %}',
};

it.each(Object.entries(loops))('ends a template with %s, and waits for it once', (_, source) => {
  const template = new Template(source);
  const render = boundedRenderer((question: string) => template.render({ question }), 200);
  const began = performance.now();
  for (let times = 0; times < 20; times += 1) {
    expect(() => render('why?')).toThrow('it took longer than 0.2 s: a loop in it may have no end');
  }
  expect(performance.now() - began).toBeLessThan(20 * 200);
});
