import { describe, expect, it } from 'vitest';
import { compileSchema } from './json-schema.ts';

describe('compileSchema', () => {
  it('says the first problem and where it is', () => {
    const check = compileSchema({
      type: 'object',
      properties: { on: { type: 'string', format: 'date' }, lines: { type: 'array', items: { $ref: '#/$defs/line' } } },
      required: ['on'],
      $defs: { line: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } } },
    });
    expect(check({ on: '2026-02-28', lines: [{ n: 1 }] })).toBeUndefined();
    expect(check({ on: '2026-02-30' })).toBe('/on: must match format "date"');
    expect(check({ on: '2026-02-28', lines: [{ n: 1 }, { n: 0 }] })).toBe('/lines/1/n: must be >= 1');
    expect(check([])).toBe('/: must be object');
  });

  it.each([
    ['date-time', '2026-01-02T03:04:05+01:00', '2026-01-02'],
    ['email', 'a@example.org', 'a'],
    ['uuid', '3f0c5a1e-7a53-4c3b-9d4e-0a3a1b2c3d4e', '3f0c'],
    ['uri', 'https://example.org/a', 'example'],
    ['ipv4', '192.0.2.1', '192.0.2.300'],
    ['ipv6', '2001:db8::1', '192.0.2.1'],
  ])('checks the format %s', (format, good, bad) => {
    const check = compileSchema({ type: 'string', format });
    expect(check(good)).toBeUndefined();
    expect(check(bad)).toBe(`/: must match format "${format}"`);
  });

  it('reads draft-07 where the schema says so', () => {
    const check = compileSchema({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'array',
      items: [{ type: 'integer' }, { type: 'string' }],
    });
    expect(check([1, 'a'])).toBeUndefined();
    expect(check(['a'])).toBe('/0: must be integer');
  });

  it.each([
    [{ properties: { 'a/b': { tpye: 'string' } } }, 'schema: #/properties/a~1b/tpye: unknown keyword'],
    [
      { anyOf: [{ type: 'null' }, { format: 'phone' }] },
      'schema: #/anyOf/1/format: unknown format "phone"; known: date',
    ],
    [
      { properties: { a: { type: 'text' } } },
      'schema: #/properties/a/type: must be equal to one of the allowed values: array, boolean, integer',
    ],
    [{ $async: true }, 'schema: #/$async: unknown keyword'],
    [{ required: 'a' }, 'schema: #/required: must be array'],
    [{ $ref: '#/$defs/none' }, "schema: #/$ref: can't resolve reference #/$defs/none"],
    [
      { $ref: 'https://example.org/other.json' },
      "schema: #/$ref: can't resolve reference https://example.org/other.json",
    ],
    [
      { properties: { a: { $ref: '#/$defs/none' } } },
      "schema: #/properties/a/$ref: can't resolve reference #/$defs/none",
    ],
    [{ items: { pattern: '(' } }, 'schema: #/items/pattern: Invalid regular expression'],
    [
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      'schema: #/$schema: expected JSON Schema draft 2020-12 or draft-07, got "http://json-schema.org/draft-04/schema#"',
    ],
  ])('refuses %o', (schema, message) => {
    expect(() => compileSchema(schema)).toThrow(RangeError);
    expect(() => compileSchema(schema)).toThrow(message);
  });

  it('refuses nesting without end', () => {
    const schema: Record<string, unknown> = {};
    schema['not'] = schema;
    expect(() => compileSchema(schema)).toThrow('nested too deeply');
  });
});
