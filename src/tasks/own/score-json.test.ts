import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJson } from './find-json.ts';
import { gradedByFields, parseTarget, scoreJson } from './score-json.ts';

const invoice = { number: 'A-17', total: 12.5, paid: false, buyer: { name: 'Café Nord', vat: null }, lines: [1, 2] };
const schema = {
  type: 'object',
  properties: { number: { type: 'string' }, total: { type: 'number' } },
  required: ['number', 'total'],
  additionalProperties: false,
};

describe('findJson', () => {
  it.each([
    ['the whole text', ' {"a": 1}\n', { a: 1 }],
    ['a value without parts', ' 42 ', 42],
    ['a fenced block', 'Here:\n```json\n{"a": 2}\n```\nDone.', { a: 2 }],
    ['the last fenced block that is JSON', '```\n{"a": 1}\n```\n```json\n[2]\n```\n```sh\nls\n```', [2]],
    ['a fence that a stop string cut', '```json\n{"a": 3}\n', { a: 3 }],
    ['an object in running text', 'The answer is {"a": "}"} as asked, not {"b": 1}.', { a: '}' }],
    ['an object after braces that are no JSON', 'From {name} to {"a": 1}', { a: 1 }],
  ])('finds %s', (_, output, value) => {
    expect(findJson(output)).toEqual({ value, exact: value });
  });

  it.each([
    ['a trailing comma', '{"a": 1,}'],
    ['single quotes', "{'a': 1}"],
    ['an object that was cut', '{"a": {"b": 1}, "c": '],
    ['an object inside broken JSON', '{a: {"b": 1}}'],
    ['brackets that cross', '[{"a": 1]}'],
    ['no value at all', 'I cannot tell. About 42?'],
    ['an empty text', ''],
    ['deep nesting', '['.repeat(5000) + ']'.repeat(5000)],
    ['an endless text', `[${'1,'.repeat(600_000)}1]`],
  ])('finds nothing in %s', (_, output) => {
    expect(findJson(output)).toBeUndefined();
  });

  it('takes a time that grows with the text alone', () => {
    const brackets = '{"'.repeat(200_000);
    const startMs = performance.now();
    expect(findJson(brackets)).toBeUndefined();
    expect(findJson('```\n'.repeat(100_000))).toBeUndefined();
    expect(findJson('{x}'.repeat(200_000))).toBeUndefined();
    // A quadratic search would take minutes.
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});

describe('scoreJson', () => {
  it('tells validity and correctness apart', () => {
    const wrongTotal = scoreJson('{"number": "A-17", "total": 13}', { number: 'A-17', total: 12.5 }, schema);
    expect(wrongTotal).toEqual({
      value: 0,
      answer: '{"number":"A-17","total":13}',
      isUnparsed: false,
      metrics: { json_valid: 1, schema_valid: 1, fields_right: 0.5, 'field:number': 1, 'field:total': 0 },
    });
    const wrongShape = scoreJson('{"number": "A-17", "total": 12.5, "x": 1}', { number: 'A-17', total: 12.5 }, schema);
    expect(wrongShape).toMatchObject({
      value: 0,
      metrics: { json_valid: 1, schema_valid: 0, fields_right: 1 },
      detail: { problem: '/: must NOT have additional properties' },
    });
  });

  it('scores an output without JSON as unreadable, each field as wrong', () => {
    const score = scoreJson("{'number': 'A-17'}", { number: 'A-17' }, schema);
    expect(score).toEqual({
      value: 0,
      answer: undefined,
      isUnparsed: true,
      metrics: { json_valid: 0, schema_valid: 0, fields_right: 0, 'field:number': 0 },
      detail: { problem: 'no JSON in the output (broken JSON is not repaired)' },
    });
    expect(scoreJson('', null, undefined).metrics).toEqual({ json_valid: 0, fields_right: 0 });
  });

  it('compares by value, not by how it is written', () => {
    const output =
      '{"lines": [1.0, 2], "buyer": {"vat": null, "name": " Cafe\u0301 Nord "}, "total": 1.25e1, "paid": false, "number": "A-17", "extra": 1}';
    expect(scoreJson(output, invoice, undefined)).toMatchObject({ value: 1, metrics: { fields_right: 1 } });
  });

  it.each([
    ['another case', { a: 'x' }, '{"a": "X"}'],
    ['a number as text', { a: 1 }, '{"a": "1"}'],
    ['a text as number', { a: '1' }, '{"a": 1}'],
    ['a field that is missing where null is right', { a: null }, '{}'],
    ['false where null is right', { a: null }, '{"a": false}'],
    ['a list in another order', { a: [1, 2] }, '{"a": [2, 1]}'],
    ['a list with one more', { a: [1] }, '{"a": [1, 2]}'],
    ['a list that is not empty', { a: [] }, '{"a": [1]}'],
    ['a list where an object is right', { a: {} }, '{"a": []}'],
    ['an inherited field', { constructor: {} }, '{}'],
    ['an object where a text is right', 'x', '{"x": "x"}'],
  ])('calls %s wrong', (_, target, output) => {
    expect(scoreJson(output, target, undefined).value).toBe(0);
  });

  it('counts elements that are too many as wrong fields, and a list as one field of its name', () => {
    const score = scoreJson('{"a": [1, 2, 3], "b": {"c": "x"}}', { a: [1, 2], b: { c: 'x', d: 'y' } }, undefined);
    expect(score.metrics).toEqual({ json_valid: 1, fields_right: 3 / 5, 'field:a': 0, 'field:b.c': 1, 'field:b.d': 0 });
    expect(gradedByFields(score).value).toBe(3 / 5);
  });

  it('has metrics of at most 30 fields, and a bounded answer', () => {
    const target = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, 'é😀'.repeat(20)]));
    const score = scoreJson(JSON.stringify(target), target, undefined);
    expect(score.value).toBe(1);
    expect(Object.keys(score.metrics).filter((name) => name.startsWith('field:'))).toHaveLength(30);
    expect(score.answer).toHaveLength(500);
  });

  it('throws on no text, and gives shares', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((json) => `so: ${json}`),
      fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', '```\n', ',', '1', ':')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, fc.jsonValue(), (output, target) => {
        const { value, metrics } = scoreJson(output, target, schema);
        expect([0, 1]).toContain(value);
        expect(metrics['fields_right']).toBeGreaterThanOrEqual(0);
        expect(metrics['fields_right']).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('calls the target itself right', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (target) => {
        const read: unknown = JSON.parse(JSON.stringify(target));
        expect(scoreJson(JSON.stringify(target), read, undefined)).toMatchObject({
          value: 1,
          metrics: { fields_right: 1 },
        });
      }),
    );
  });
});

describe('parseTarget', () => {
  it('reads JSON text and takes values as they are', () => {
    expect(parseTarget('{"a": [1, null]}')).toEqual({ a: [1, null] });
    expect(parseTarget({ a: 3n, b: undefined, c: [true] })).toEqual({ a: 3, c: [true] });
    expect(parseTarget(null)).toBeNull();
  });

  it.each([
    ['Alice', 'target: must be JSON, got Alice'],
    ['  ', 'target: must be JSON, got an empty text'],
    [undefined, 'target: must be JSON, got nothing'],
    [{ a: Number.NaN }, 'target: must be JSON, got NaN'],
    [{ on: new Date(0) }, 'target: must be JSON, got a date'],
    ["{'a': 1}", "target: must be JSON, got {'a': 1}"],
  ])('refuses %o', (value, message) => {
    expect(() => parseTarget(value)).toThrow(new RangeError(message));
  });
});

describe('integers that a number would round', () => {
  it.each([
    ['{"nr": 9007199254740993}', 1],
    ['{"nr": 9007199254740992}', 0],
    ['{"nr": 9007199254740994}', 0],
  ])('%s is compared by its digits', (output, value) => {
    const target = { nr: '9007199254740993' };
    const integers = { type: 'object', properties: { nr: { type: 'integer' } } };
    expect(scoreJson(output, target, integers)).toMatchObject({
      value,
      metrics: { schema_valid: 1, 'field:nr': value },
    });
  });
});
