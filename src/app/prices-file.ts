import { extname } from 'node:path';
import * as z from 'zod';
import { ConfigError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { readBytes } from '../files/read-file.ts';
import { checkDocument, placeIn } from './check-document.ts';
import { settingsText } from './settings-text.ts';
import { parseWritten, type WrittenDocument } from './written-document.ts';

const price = z.number().min(0);

const currency = z.string().regex(/^[A-Z]{3}$/u, 'expected a currency of three capital letters, such as USD or EUR');

const modelPrices = z.strictObject({
  input: price.describe('price of a million input tokens'),
  output: price.describe('price of a million output tokens, thoughts included'),
  cachedInput: price
    .optional()
    .describe('price of a million input tokens that are in the API’s cache; by default that of others'),
  currency: currency.optional().describe('by default that of the file; all must be the same'),
});

/** A file of prices: what an API takes for tokens. perbench has none of its own. */
export const pricesSchema = z.strictObject({
  currency: currency.optional().describe('of all prices, also of those that flags give'),
  models: z
    .record(z.string(), modelPrices)
    .refine((models) => !Object.hasOwn(models, ''), 'a model has no name: expected that which the API has for it')
    .refine((models) => Object.keys(models).length > 0, 'expected at least one model'),
});

/** What an API takes for a million tokens. */
export type ModelPrices = Pick<z.infer<typeof modelPrices>, 'input' | 'output' | 'cachedInput'>;

export interface ApiPrices {
  /** Undefined where the file names none. */
  readonly currency: string | undefined;
  /** By the name of the model. */
  readonly models: Readonly<Record<string, ModelPrices>>;
}

const hint = 'See docs/cost.md for the format of files of prices.';

/** JSON schema of files of prices, for editors; in the package as schemas/prices.schema.json. */
export function pricesJsonSchema(): object {
  return {
    ...z.toJSONSchema(pricesSchema, { io: 'input' }),
    title: 'perbench prices',
    description: 'What APIs take for tokens; see perbench cost and docs/cost.md.',
  };
}

/**
 * Reads a file of prices, YAML or JSON.
 *
 * @param name of the file in messages
 * @throws {ConfigError} naming file, line and key, if it can't be read, says what it can't, or mixes currencies
 */
export async function readPrices(path: string, name: string): Promise<ApiPrices> {
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = await readBytes(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ConfigError({ file: name }, `can't be read: ${systemErrorWords(error)}`, { cause: error, hint });
  }
  const format = extname(path).toLowerCase() === '.json' ? 'json' : 'yaml';
  const document = parseWritten(settingsText(bytes, name), name, format);
  const file = checkDocument(document, { schema: pricesSchema, otherwise: 'not a file of prices', hint });
  return { currency: commonCurrency(file, document), models: file.models };
}

/** perbench knows no rates of exchange. */
function commonCurrency(
  { currency: own, models }: z.infer<typeof pricesSchema>,
  document: WrittenDocument,
): string | undefined {
  let common = own;
  for (const [model, { currency: of }] of Object.entries(models)) {
    if (of !== undefined && common !== undefined && of !== common) {
      const message = `\`${model}\` has prices in ${of}, others are in ${common}: perbench knows no rates of exchange`;
      throw new ConfigError(placeIn(document, ['models', model, 'currency']), message, {
        hint: 'Write all prices in one currency.',
      });
    }
    common ??= of;
  }
  return common;
}
