import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collect,
  generateAll,
  passOptions,
  plainRequest,
  streamOf,
} from '../../../test/conformance/engine-requests.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import { smallModel } from '../../../test/setup/small-models.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import type { GenerateRequest, GenerationResult, LoadedModel } from '../../core/engine.ts';
import { scoreJson } from '../../tasks/own/score-json.ts';
import { GenerationPass } from './generation-pass.ts';
import { findLibrary } from './library-location.ts';
import { LlamaContext } from './native/llama-context.ts';
import { loadLibrary } from './native/library.ts';
import { LlamaModel } from './native/llama-model.ts';

type Schema = Readonly<Record<string, unknown>>;

const text = (maxLength: number): Schema => ({ type: 'string', minLength: 1, maxLength });

const ticket: Schema = {
  type: 'object',
  properties: {
    category: { enum: ['billing', 'bug', 'feature'] },
    urgent: { type: 'boolean' },
    product: { type: ['string', 'null'], maxLength: 12 },
  },
  required: ['category', 'urgent', 'product'],
  additionalProperties: false,
};

const order: Schema = {
  type: 'object',
  properties: {
    customer: text(16),
    day: { type: 'string', format: 'date' },
    lines: { type: 'array', items: { $ref: '#/$defs/line' }, minItems: 1, maxItems: 3 },
  },
  required: ['customer', 'lines'],
  additionalProperties: false,
  $defs: {
    line: {
      type: 'object',
      properties: { item: text(12), count: { type: 'integer', minimum: 1 }, price: { type: 'number', minimum: 0 } },
      required: ['item', 'count'],
      additionalProperties: false,
    },
  },
};

const tags: Schema = {
  type: 'array',
  items: { anyOf: [{ enum: ['red', 'green'] }, { type: 'integer' }] },
  maxItems: 4,
};

const schemas: Readonly<Record<string, Schema>> = { ticket, order, tags };

const inputs = [
  'I was charged twice for my subscription in May.',
  'The app crashes when I open the map, please help!',
  'Anna Berg ordered 3 apples and 2 loaves of bread on 2 March 2026.',
];

interface Asked {
  readonly request: GenerateRequest;
  readonly schema: Schema;
}

/** The same prompts for each schema: free, or held to it. */
function asked(isHeld: boolean): readonly Asked[] {
  return Object.entries(schemas).flatMap(([name, schema]) =>
    inputs.map((input, index) => ({
      request: {
        id: `${name}${index}`,
        prompt: {
          style: 'chat',
          messages: [{ role: 'user', content: `Give the ${name} of this text as JSON. ${input}` }],
        },
        maxTokens: 200,
        stop: [],
        ...(isHeld && { jsonSchema: schema }),
      },
      schema,
    })),
  );
}

function requestsOf(questions: readonly Asked[]): readonly GenerateRequest[] {
  return questions.map(({ request }) => request);
}

function isValid(result: GenerationResult | undefined, schema: Schema): boolean {
  return scoreJson(result?.text ?? '', null, schema).metrics['schema_valid'] === 1;
}

describe('answers of SmolLM2 that are held to a JSON schema', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await openSmall('smollm2-135m-instruct', { threads: 1, model: { structuredOutput: true } });
  });
  afterAll(() => model[Symbol.asyncDispose]());

  it('says that it can', () => {
    expect(model.capabilities.structuredOutput).toBe(true);
    expect(model.info.structuredOutput).toBe(true);
  });

  it.each([1, 4])('are all valid, %d at a time', async (concurrency) => {
    const results = await generateAll(model, requestsOf(asked(true)), { concurrency });
    expect(results.size).toBe(9);
    for (const { request, schema } of asked(true)) {
      const { id } = request;
      const result = results.get(id);
      expect(result?.finishReason, `${id}: ${result?.text}`).toBe('stop');
      expect(isValid(result, schema), `${id}: ${result?.text}`).toBe(true);
      // The whole text is the value: there is nothing to search for.
      expect(() => JSON.parse(result?.text ?? '') as unknown).not.toThrow();
    }
  });

  it('are other answers than the same model gives freely, of which not all are valid', async () => {
    const questions = asked(false).slice(0, inputs.length);
    const requests = requestsOf(questions).map((request) => ({ ...request, maxTokens: 80 }));
    const results = await generateAll(model, requests, { concurrency: 4 });
    const valid = questions.filter(({ request: { id }, schema }) => isValid(results.get(id), schema));
    expect(valid.length).toBeLessThan(questions.length);
  });

  const examples = 'Text: a red car -> {"colour": "red"}\nText: the blue sea -> {"colour": "blue"}\n';
  const colour: Schema = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] };
  const natural = ['a green tree', 'a white horse', 'black coffee'].map((words, index) =>
    plainRequest(`n${index}`, `${examples}Text: ${words} ->`, { maxTokens: 24, stop: ['\n'], logprobs: true }),
  );

  it('are the same tokens as without, where what the model says fits anyway', async () => {
    const free = await generateAll(model, natural, { concurrency: 1 });
    const held = await generateAll(
      model,
      natural.map((request) => ({ ...request, jsonSchema: colour })),
      { concurrency: 1 },
    );
    for (const { id } of natural) {
      const [without, within] = [free.get(id), held.get(id)];
      expect(without?.text).toMatch(/^ \{"colour": "\w+"\}$/);
      expect(within?.text).toBe(without?.text);
      const tokens = within?.tokenLogprobs ?? [];
      // Freely, the line break behind the answer is a token more.
      expect(without?.tokenLogprobs?.slice(0, tokens.length)).toEqual(tokens);
      expect(without?.tokenLogprobs).toHaveLength(tokens.length + 1);
    }
  });

  it('leave others in the same decode as they are', async () => {
    const free = await generateAll(model, natural, { concurrency: 3 });
    const held = requestsOf(asked(true)).slice(0, 3);
    const together = await generateAll(model, [...natural, ...held], { concurrency: 6 });
    for (const { id } of natural) expect(together.get(id)?.text).toBe(free.get(id)?.text);
  });

  it('fail alone where there is no grammar for the schema, or the library refuses it', async () => {
    const requests = [
      plainRequest('pattern', 'One', { jsonSchema: { pattern: 'a' } }),
      plainRequest('fits', 'One', { maxTokens: 3 }),
      plainRequest('loop', 'One', { jsonSchema: { $ref: '#' } }),
    ];
    const results = new Map(
      (await collect(model.generate(streamOf(requests), passOptions({ concurrency: 2 })))).map((each) => [
        each.id,
        each,
      ]),
    );
    expect(results.get('pattern')).toMatchObject({
      status: 'failed',
      reason: 'engine',
      message: 'schema: #/pattern: answers can not be held to this keyword while they are decoded',
    });
    expect(results.get('loop')).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^llama.cpp refuses the grammar of the JSON schema: .*left recursion/),
    });
    expect(results.get('fits')).toMatchObject({ status: 'done' });
    // The process lives.
    expect((await generateAll(model, natural.slice(0, 1))).size).toBe(1);
  });
});

it('holds the answer behind thoughts, and not the thoughts', async () => {
  await using folder = await testFolder();
  const chatTemplate = join(folder.path, 'thinking.jinja');
  await writeFile(
    chatTemplate,
    '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n<think>\n',
  );
  await using model = await openSmall('smollm2-135m-instruct', {
    threads: 1,
    model: { structuredOutput: true, thinking: { budget: 16 }, engineOptions: { chatTemplate } },
  });
  const questions = asked(true).slice(0, 4);
  const results = await generateAll(model, requestsOf(questions), { concurrency: 2 });
  for (const { request, schema } of questions) {
    const result = results.get(request.id);
    expect(result?.thoughts).toMatch(/[a-z]{3} [a-z]/);
    expect(isValid(result, schema), `${result?.text}`).toBe(true);
  }
});

describe('native grammars', () => {
  let model: LlamaModel;
  beforeAll(async () => {
    const library = loadLibrary(findLibrary('cpu'));
    library.loadBackends();
    library.llama.backendInit();
    model = new LlamaModel(library, { file: await smallModel('smollm2-135m-instruct'), threads: 1 });
  });

  function startPass(): GenerationPass {
    const reader = {
      tokenizer: model.tokenizer,
      renderChat: undefined,
      contextTokens: 512,
      thinking: { mode: 'none', because: 'it is a test' },
      closing: () => new Int32Array(),
    } as const;
    const source = {
      model,
      reader,
      now: () => performance.now(),
      open: (shape: LlamaContext['shape']) => new LlamaContext(model, shape),
    };
    return new GenerationPass(source, { concurrency: 3, reuse: 'none' });
  }

  it('are freed with the answer, with a failure, and with a pass that is given up', () => {
    const pass = startPass();
    pass.add(plainRequest('short', 'One', { jsonSchema: { type: 'boolean' } }));
    pass.add(plainRequest('long', 'One', { maxTokens: 60, jsonSchema: { type: 'string', minLength: 200 } }));
    pass.add(plainRequest('bad', 'One', { jsonSchema: { not: {} } }));
    const results = pass.step();
    expect(results).toMatchObject([{ id: 'bad', status: 'failed' }]);
    expect(model.grammars.open).toBe(2);
    let isDone = false;
    while (!isDone) isDone = pass.step().some(({ id }) => id === 'short');
    expect(model.grammars.open).toBe(1);
    pass.close();
    expect(model.grammars.open).toBe(0);
    expect(pass.isIdle).toBe(true);
  });
});
