import { beforeAll, describe, expect, it } from 'vitest';
import { smallModel } from '../../../../test/setup/small-models.ts';
import { createRandom } from '../../../stats/random.ts';
import { compileSchema } from '../../../tasks/own/json-schema.ts';
import { findLibrary } from '../library-location.ts';
import { loadLibrary } from './library.ts';
import { LlamaModel } from './llama-model.ts';

type Schema = Readonly<Record<string, unknown>>;

let model: LlamaModel;

beforeAll(async () => {
  const library = loadLibrary(findLibrary('cpu'));
  library.loadBackends();
  library.llama.backendInit();
  model = new LlamaModel(library, { file: await smallModel('smollm2-135m-instruct'), threads: 1 });
});

/** Logits under which `token` is the likeliest by far. */
function rowFor(token: number): Float32Array {
  const row = new Float32Array(model.vocabularySize);
  row[token] = 10;
  return row;
}

/** Whether the grammar of a schema has a text, from its first token to its end. */
function hasText(schema: Schema, text: string): boolean {
  const { grammars, rows, tokenizer } = model;
  const constraint = grammars.constrain(schema);
  try {
    return [...tokenizer.encode(text), tokenizer.eos].every((token) => {
      rows.load(rowFor(token));
      return constraint.pick(rows, token) === token;
    });
  } finally {
    constraint.free();
  }
}

/** A text that the grammar allows, its tokens drawn at random; undefined where it has no end after many. */
function drawText(schema: Schema, seed: number): string | undefined {
  const { grammars, rows, tokenizer } = model;
  const random = createRandom(seed);
  const closing = ['"', '}', ']', '",', '"}', '},', ']}'].flatMap((text) => [...tokenizer.encode(text)].slice(0, 1));
  const constraint = grammars.constrain(schema);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let count = 0; count < 200; count += 1) {
      const row = Float32Array.from({ length: model.vocabularySize }, () => random.nextFloat());
      // So that texts and lists come to an end now and then.
      if (random.nextFloat() < 0.4) for (const token of closing) row[token] = 2 + random.nextFloat();
      row[tokenizer.eos] = 1.5;
      rows.load(row);
      const token = constraint.pick(rows, rows.argmax(rows.highest()));
      if (tokenizer.isEnd(token)) return text + decoder.decode();
      text += decoder.decode(tokenizer.piece(token), { stream: true });
    }
    return undefined;
  } finally {
    constraint.free();
  }
}

const tree: Schema = {
  $ref: '#/$defs/tree',
  $defs: {
    tree: {
      type: 'object',
      properties: { name: { type: 'string', maxLength: 3 }, of: { type: 'array', items: { $ref: '#/$defs/tree' } } },
      required: ['name'],
      additionalProperties: false,
    },
  },
};

const shapes: Readonly<Record<string, Schema>> = {
  'optional and needed keys': {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: ['string', 'null'], maxLength: 4 }, c: { type: 'boolean' } },
    required: ['b'],
    additionalProperties: false,
  },
  'keys that are all optional': {
    type: 'object',
    properties: { x: { type: 'number' }, y: { enum: ['á"', 2, null] } },
    additionalProperties: false,
  },
  'lists with bounds': { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 3 },
  'short texts': { type: 'string', minLength: 2, maxLength: 4 },
  'a date': { type: 'string', format: 'date' },
  alternatives: { anyOf: [{ const: { a: [1] } }, { type: 'number', minimum: 0 }, { type: 'array', maxItems: 1 }] },
  'names of its own': { type: 'object', additionalProperties: { type: 'boolean' } },
  itself: tree,
};

describe('GrammarConstraint', () => {
  it.each([
    ['optional and needed keys', ['{"b": null}', '{"a":-3,"b":"x","c":true}', '{\n  "a": 1,\n  "b": "ä😀"\n}']],
    ['keys that are all optional', ['{}', '{ }', '{"x": -0.5e-3}', '{"y": "á\\""}', '{"x":1,"y":2}']],
    ['lists with bounds', ['[1, 2]', '[1,2,30]']],
    ['short texts', ['"ab"', '"😀😀😀😀"', '"\\u00e4\\n"', ' "ab"']],
    ['a date', ['"2024-02-29"', '"2000-02-29"', '"2026-12-31"']],
    ['alternatives', ['{"a":[1]}', '0', '1.5', '[]', '[{"any": ["thing"]}]']],
    ['names of its own', ['{}', '{"a": true, "b": false}']],
    ['itself', ['{"name": "a", "of": [{"name": "b", "of": []}]}']],
  ])('has texts of %s', (name, texts) => {
    const schema = shapes[name] ?? {};
    const check = compileSchema(schema);
    for (const text of texts) {
      expect(check(JSON.parse(text)), `text ${text}`).toBeUndefined();
      expect(hasText(schema, text), `text ${text}`).toBe(true);
    }
  });

  it.each([
    ['optional and needed keys', ['{}', '{"b": 1}', '{"b": null, "a": 1}', '{"b": null', '{"b": null, "d": 1}']],
    ['keys that are all optional', ['{,}', '{"x": 1,}', '{"x": 01}', '{"x": .5}', "{'x': 1}", '{"y": 3}', '{\n\n\n}']],
    ['lists with bounds', ['[1]', '[1, 2, 3, 4]', '[0, 1]', '[-1, 1]', '[1.5, 2]']],
    ['short texts', ['"a"', '"abcde"', 'ab', '"\\ud83d\\ude00"', '"a\nb"']],
    ['a date', ['"2023-02-29"', '"1900-02-29"', '"2026-04-31"', '"2026-13-01"', '"2026-1-1"']],
    ['alternatives', ['-1', '{"a":[2]}', '[1, 2]', 'Sure: 1', '1 is it']],
    ['names of its own', ['{"a": 1}', '{a: true}']],
    ['itself', ['{"name": "abcd"}', '{"of": []}']],
  ])('has no others: %s', (name, texts) => {
    for (const text of texts) expect(hasText(shapes[name] ?? {}, text), `text ${text}`).toBe(false);
  });

  it.each(Object.keys(shapes))('allows only what the schema accepts: %s', (name) => {
    const schema = shapes[name] ?? {};
    const check = compileSchema(schema);
    const texts = Array.from({ length: 12 }, (_, seed) => drawText(schema, seed)).filter((text) => text !== undefined);
    expect(texts.length).toBeGreaterThan(2);
    for (const text of texts) expect(check(JSON.parse(text)), `text ${text}`).toBeUndefined();
  });

  it('takes no name of a control token for text', () => {
    const { grammars, rows, tokenizer } = model;
    const [control] = tokenizer.encodeTemplate('<|im_start|>');
    if (control === undefined) throw new Error('no control token');
    expect(tokenizer.piece(control)).toHaveLength(0);
    const constraint = grammars.constrain({ type: 'string' });
    for (const token of [...tokenizer.encode('"'), control]) {
      rows.load(rowFor(token));
      const picked = constraint.pick(rows, token);
      expect(picked === token).toBe(token !== control);
    }
    constraint.free();
  });

  it('says why there is no grammar, and counts none', () => {
    expect(() => model.grammars.constrain({ pattern: 'a' })).toThrow('schema: #/pattern: answers can not be held');
    expect(() => model.grammars.constrain({ $ref: '#' })).toThrow(
      /^llama.cpp refuses the grammar of the JSON schema: .*left recursion/,
    );
    expect(model.grammars.open).toBe(0);
  });
});
