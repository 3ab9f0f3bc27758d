import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../../test/setup/test-settings.ts';
import { readPrices } from './prices-file.ts';

let folder: TestFolder;

beforeAll(async () => {
  folder = await testFolder();
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

async function read(text: string, name = 'prices.yaml'): ReturnType<typeof readPrices> {
  const path = join(folder.path, name);
  await writeFile(path, text);
  return readPrices(path, name);
}

it('reads prices of a million tokens, as YAML or JSON', async () => {
  expect(await read('currency: EUR\nmodels:\n  gpt-x: {input: 0.15, output: 0.6, cachedInput: 0}\n')).toEqual({
    currency: 'EUR',
    models: { 'gpt-x': { input: 0.15, output: 0.6, cachedInput: 0 } },
  });
  const one = { models: { a: { input: 1, output: 2, currency: 'USD' }, b: { input: 1, output: 2 } } };
  expect((await read(JSON.stringify(one), 'prices.json')).currency).toBe('USD');
  expect((await read('models: {a: {input: 1, output: 2}}')).currency).toBeUndefined();
});

it.each([
  [
    'models:\n  a: {input: 1, output: 2}\n  b: {input: -1, output: 2}',
    '3:14: models.b.input: expected a number of at least 0, got -1',
  ],
  ['models:\n  a:\n    input: 1\n    ouput: 2', '4:5: unknown key "ouput" in models.a (did you mean "output"?)'],
  ['models:\n  a:\n    input: 1', '3:5: models.a.output: is missing'],
  [
    'currency: EUR\nmodels:\n  a: {input: 1, output: 2, currency: USD}',
    '3:38: `a` has prices in USD, others are in EUR',
  ],
  [
    'currency: euro\nmodels: {a: {input: 1, output: 2}}',
    '1:11: currency: expected a currency of three capital letters',
  ],
  ['models: {}', 'expected at least one model'],
  ['models:', '1:8: models: expected keys and values, got null'],
  ['models: [{input: 1, output: 2}]', '1:9: models: expected keys and values, got a list'],
  ['models: {a: }', 'models.a: expected keys and values, got null'],
  ['models: {"": {input: 1, output: 2}}', '1:9: models: a model has no name: expected that which the API has for it'],
  ['models: {a: {input: "0.15", output: 2}}', '1:21: models.a.input: expected a number, got "0.15"'],
  ['models: {a: {input: .inf, output: 2}}', '1:21: models.a.input: expected a number, got Infinity'],
  ['models: {a: {input: .nan, output: 2}}', '1:21: models.a.input: expected a number, got NaN'],
  ['models:\n  a: {input: 1, output: 2}\n  a: {input: 3, output: 4}', '3:3: the key "a" is there twice'],
  ['models:\n  a: {input: 1, input: 2, output: 3}', '2:17: the key "input" is there twice'],
  ['models: {a: {input: 1, output: 2}}\nmodles: {}', '2:1: unknown key "modles" (did you mean "models"?)'],
  ['gpt-x: {input: 1, output: 2}', 'unknown key "gpt-x"; known: currency, models'],
  ['- 1', 'expected keys and values, got a list'],
  ['', 'prices.yaml: '],
  ['models: [', 'prices.yaml:1'],
])('refuses %j in one line with its place', async (text, expected) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'PB_CONFIG',
    message: expect.stringContaining(expected) as string,
  });
  await expect(read(text)).rejects.toThrow(/^prices\.yaml:/u);
});

it('refuses JSON that says a price twice', async () => {
  const text = '{"models": {"a": {"input": 1, "output": 2}, "a": {"input": 3, "output": 4}}}';
  await expect(read(text, 'prices.json')).rejects.toThrow('prices.json:1:45: the key "a" is there twice');
  await expect(read('{"models": {"a": {"input": 1,}}}', 'prices.json')).rejects.toThrow(
    /^prices\.json:1:30: not valid/u,
  );
});

it('says that there is no such file', async () => {
  await expect(readPrices(join(folder.path, 'none.yaml'), 'none.yaml')).rejects.toThrow(
    /^none\.yaml: can't be read: no such file/u,
  );
});
