import { describe, expect, it } from 'vitest';
import { schemaGrammar } from './schema-grammar.ts';

/** The rules of a grammar that aren't in every grammar. */
function ownRules(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const rules = schemaGrammar(schema).split('\n');
  return rules.slice(
    0,
    rules.findIndex((rule) => rule.startsWith('ws ::=')),
  );
}

describe('schemaGrammar', () => {
  it('keeps the order of keys, and lets only optional ones out', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'boolean' } },
      required: ['b'],
    };
    expect(ownRules(schema)).toEqual([
      'root ::= ws r4',
      String.raw`r0 ::= "\"b\"" ":" ws boolean ws`,
      String.raw`r1 ::= "," ws "\"b\"" ":" ws boolean ws`,
      String.raw`r2 ::= "\"a\"" ":" ws integer r1 | r0`,
      String.raw`r3 ::= "," ws "\"a\"" ":" ws integer r1 | r1`,
      'r4 ::= "{" ws r2 "}"',
    ]);
  });

  it('writes texts as JSON has them, as literals', () => {
    expect(ownRules({ enum: ['a"b\\c\n', 1, null] })).toEqual([
      'root ::= ws r0',
      String.raw`r0 ::= "\"a\\\"b\\\\c\\n\"" | "1" | "null"`,
    ]);
  });

  it('repeats itself where a schema refers to itself', () => {
    const schema = {
      $ref: '#/$defs/tree',
      $defs: { tree: { type: 'object', properties: { of: { type: 'array', items: { $ref: '#/$defs/tree' } } } } },
    };
    expect(ownRules(schema)[2]).toBe('r1 ::= "[" ws ( r0 ( "," ws r0 ){0,} ws )? "]"');
  });

  const keyword = 'answers can not be held to this keyword while they are decoded';
  it.each([
    [{ properties: { 'a/b': { type: 'string', pattern: 'x' } } }, `#/properties/a~1b/pattern: ${keyword}`],
    [{ type: 'array', items: { type: 'integer', maximum: 3 } }, `#/items/maximum: ${keyword}`],
    [{ type: 'array', uniqueItems: true }, `#/uniqueItems: ${keyword}`],
    [{ allOf: [{}] }, `#/allOf: ${keyword}`],
    [{ type: 'string', minItems: 1 }, `#/minItems: ${keyword}`],
    [{ anyOf: [{ type: 'null' }, { not: {} }] }, `#/anyOf/1/not: ${keyword}`],
    [{ anyOf: [{}], type: 'object' }, `#/type: ${keyword}`],
    [{ anyOf: [] }, '#/anyOf: expected a list of schemas'],
    [{ enum: 'a' }, '#/enum: expected a list'],
    [{ enum: ['a'], type: 'integer' }, '#/enum: no value is allowed'],
    [{ type: 'text' }, '#/type: expected types of JSON Schema'],
    [{ properties: { a: false } }, '#/properties/a: no value is allowed'],
    [{ properties: { a: 1 } }, '#/properties/a: expected a schema'],
    [{ properties: [] }, '#/properties: expected schemas by name'],
    [{ required: 'a' }, '#/required: expected a list of names'],
    [{ required: ['a'], additionalProperties: false }, '#/additionalProperties: no value is allowed'],
    [{ type: 'string', format: 'email' }, '#/format: answers can be held to the format date, not to this one'],
    [{ type: 'string', format: 'date', maxLength: 10 }, '#/format: not beside minLength or maxLength'],
    [{ minLength: 3, maxLength: 2 }, '#/maxLength: smaller than minLength'],
    [{ minItems: 3, maxItems: 2 }, '#/maxItems: smaller than minItems'],
    [{ maxLength: 1.5 }, '#/maxLength: expected a whole number, 0 or more'],
    [{ maxLength: 1001 }, '#/maxLength: answers can be held to 1000 at most'],
    [{ type: 'number', minimum: 1 }, '#/minimum: answers can be held to a minimum of 0, or for integers of 1'],
    [{ $ref: '#/$defs/none' }, '#/$ref: #/$defs/none leads nowhere'],
    [{ $ref: '#/%' }, '#/$ref: % is no part of an address'],
    [{ $ref: 'other.json' }, '#/$ref: expected a reference into the schema itself, such as #/$defs/name'],
  ])('refuses %o', (schema, message) => {
    expect(() => schemaGrammar(schema)).toThrow(new RangeError(`schema: ${message}`));
  });

  it('refuses what is too deep or too large', () => {
    const deep: Record<string, unknown> = { type: 'array' };
    deep['items'] = deep;
    expect(() => schemaGrammar(deep)).toThrow('nested too deeply');
    const properties = Object.fromEntries(Array.from({ length: 6000 }, (_, index) => [`k${index}`, true]));
    expect(() => schemaGrammar({ properties })).toThrow('the schema is too large for a grammar');
  });
});
