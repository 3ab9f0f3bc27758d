import { Template } from '@huggingface/jinja';
import { describe, expect, it } from 'vitest';
import { promptTemplate, trailingBreaks, trailingSpace } from './template.ts';
import { templateNames } from './template-names.ts';
import { templateProblem } from './template-place.ts';

describe('names of a template', () => {
  it.each([
    ['{{ text }}', ['text']],
    ['{{ a.b.c }} {{ a["b c"] }} {{ a[0].d }}', ['a.b.c', 'a.b c', 'a']],
    ['{{ row["my column"] }}', ['row.my column']],
    ['{{ a | join(sep) | upper }}', ['a', 'sep']],
    ['{{ a | default("x") }}{{ b is defined }}{% if c is not defined %}{% endif %}', []],
    ['{{ a | default(b) }}', ['b']],
    ['{% for x in list %}{{ x.y }} {{ loop.index }}{% endfor %}', ['list']],
    ['{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}', ['d']],
    ['{% set y = a %}{{ y }}{% set ns = namespace(n=b) %}{{ ns.n }}', ['a', 'b']],
    ['{% macro m(p, q=z) %}{{ p }}{{ q }}{% endmacro %}{{ m(a) }}', ['a']],
    ['{{ letters[loop.index0] }}', ['letters']],
    ['{{ letters[position] }}', ['letters', 'position']],
    ['{{ a if b == c else [d, {"k": e}] }}', ['b', 'c', 'a', 'd', 'e']],
    ['{{ a.upper() }} {{ range(3) }} {{ none }}', ['a.upper']],
    ['{{ text[:10] }}', ['text']],
    ['{% if "x" in text and not a or b not in c %}{% endif %}{{ -d }}', ['text', 'a', 'b', 'c', 'd']],
    ['{# {{ nothing }} #}plain', []],
  ])('of %j', (template, names) => {
    const found = templateNames(new Template(template)).map((path) => path.join('.'));
    expect([...new Set(found)].toSorted()).toEqual(names.toSorted());
  });
});

describe('a text that is no template', () => {
  it.each([
    ['{{ text', 1, 1, '`{{` is never closed'],
    ['Hello\n  {{ text', 2, 3, '`{{` is never closed'],
    ['a\n{% for x in y %}\n{{ x }}', 2, 1, '`{% for x in y %}` is never closed'],
    ['{% if a %}x{% endfor %}', 1, 12, '`{% endfor %}` closes nothing'],
    ['x {% endif %}', 1, 3, '`{% endif %}` closes nothing'],
    ['x\ny {{ a | }}', 2, 3, "can't be read"],
    ['{% foo %}', 1, 1, 'there is no tag `foo`'],
    ['{% for in y %}{% endfor %}', 1, 1, "can't be read"],
    ['{{ "open }}', 1, 1, "can't be read"],
    ['{# never', 1, 1, '`{#` is never closed'],
  ])('%j', (template, line, column, reason) => {
    expect(templateProblem(template)).toEqual({ line, column, reason: expect.stringContaining(reason) as string });
  });

  it.each(['', 'plain {text} }} %}', '{% set a = 1 %}{{ a }}', '{% if a %}{% elif b %}{% else %}{% endif %}'])(
    '%j is one',
    (template) => {
      expect(templateProblem(template)).toBeUndefined();
    },
  );
});

describe('promptTemplate', () => {
  const options = { file: 'tickets.task.yaml', key: 'prompt.plain' };

  it('leaves out the line break of a YAML block, and spaces where an answer begins', () => {
    const render = (text: string, trailing: RegExp): string =>
      promptTemplate(text, { ...options, trailing }).render({ a: 'x \n' }, '1');
    expect(render('{{ a }} b: \n', trailingSpace)).toBe('x \n b:');
    expect(render('{{ a }} b: \n\n', trailingBreaks)).toBe('x \n b: ');
    // What a value ends with is the user's own.
    expect(render('{{ a }}\n', trailingSpace)).toBe('x \n');
  });

  it('names the setting and the place', () => {
    expect(() => promptTemplate('a\n{{ b', { ...options, trailing: trailingSpace })).toThrow(
      'tickets.task.yaml: `prompt.plain`: line 2, column 1 of the template: `{{` is never closed',
    );
  });

  it('names the row that it fails on', () => {
    const template = promptTemplate('{{ a | nofilter }}', { ...options, trailing: trailingSpace });
    expect(() => template.render({ a: 'x' }, 't7')).toThrow(
      /`prompt.plain`: can't be rendered for row "t7": .*nofilter/u,
    );
  });

  it('counts as Jinja does, and ends where a range has no end', () => {
    const render = (text: string): string =>
      promptTemplate(text, { ...options, trailing: trailingSpace }).render({ a: 'x' }, 't7');
    expect(
      render('{% for i in range(2) %}{{ i }}{% endfor %} {{ range(3, 9, 2) | join }} {{ range(3, 1, -1) | join }}'),
    ).toBe('01 357 32');
    for (const text of [
      '{% for i in range(1000000000) %}x{% endfor %}',
      '{% for i in range(5000) %}{% for j in range(5000) %}x{% endfor %}{% endfor %}',
    ])
      expect(() => render(text)).toThrow('range() gives more than 100,000 numbers in one prompt');
  });

  it('leaves columns out that are called as Jinja calls its own', () => {
    const template = promptTemplate('{{ a }}{{ row.range }}', { ...options, trailing: trailingSpace });
    expect(template.render({ a: 'x', range: 'y', row: { range: 'z' } }, '1')).toBe('xz');
  });
});
