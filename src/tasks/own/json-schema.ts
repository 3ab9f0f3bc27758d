import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as z from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Says what is wrong with a value: the first problem with its JSON pointer, or undefined where the schema holds. */
export type SchemaCheck = (value: unknown) => string | undefined;

/** Formats that are checked; another one in a schema is an error, not a promise that nobody keeps. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => z.iso.date().safeParse(text).success,
  'date-time': (text) => z.iso.datetime({ offset: true }).safeParse(text).success,
  email: (text) => z.email().safeParse(text).success,
  uuid: (text) => z.uuid().safeParse(text).success,
  uri: (text) => URL.canParse(text),
  ipv4: (text) => z.ipv4().safeParse(text).success,
  ipv6: (text) => z.ipv6().safeParse(text).success,
};

/** Keywords whose value is a schema, a list of schemas, or schemas by name: where keywords are looked for. */
const holders = {
  one: [
    'items',
    'additionalItems',
    'additionalProperties',
    'unevaluatedItems',
    'unevaluatedProperties',
    'contains',
    'propertyNames',
    'not',
    'if',
    'then',
    'else',
  ],
  list: ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'],
  named: ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'],
};

const deepest = 100;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pointerPart(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Calls `visit` with each schema inside a schema, and its pointer, the outermost first. */
function visitSchemas(schema: unknown, pointer: string, visit: (schema: JsonSchema, pointer: string) => void): void {
  if (!isRecord(schema)) return;
  if (pointer.split('/').length > deepest) throw new RangeError(`schema: ${pointer}: nested too deeply`);
  visit(schema, pointer);
  for (const key of holders.one) visitSchemas(schema[key], pointer + pointerPart(key), visit);
  for (const key of holders.list) {
    const list = schema[key];
    if (!Array.isArray(list)) continue;
    for (const [index, each] of list.entries()) visitSchemas(each, `${pointer}${pointerPart(key)}/${index}`, visit);
  }
  for (const key of holders.named) {
    const named = schema[key];
    if (!isRecord(named)) continue;
    for (const [name, each] of Object.entries(named)) {
      visitSchemas(each, pointer + pointerPart(key) + pointerPart(name), visit);
    }
  }
}

function createAjv(schema: JsonSchema): Ajv {
  const options = {
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
    formats,
  } as const;
  const { $schema: draft } = schema;
  if (draft === undefined || (typeof draft === 'string' && draft.includes('/draft/2020-12/'))) {
    return new Ajv2020(options);
  }
  if (typeof draft === 'string' && /\/draft-07\//.test(draft)) return new Ajv(options);
  throw new RangeError(
    `schema: #/$schema: expected JSON Schema draft 2020-12 or draft-07, got ${JSON.stringify(draft)}`,
  );
}

function checkKeywords(ajv: Ajv, schema: JsonSchema): void {
  visitSchemas(schema, '#', (each, pointer) => {
    for (const keyword of Object.keys(each)) {
      // `$async`, the library's own, would make the check a promise.
      if (!Object.hasOwn(ajv.RULES.keywords, keyword) || keyword === '$async') {
        throw new RangeError(`schema: ${pointer}${pointerPart(keyword)}: unknown keyword`);
      }
    }
    const { format } = each;
    if (typeof format === 'string' && !Object.hasOwn(formats, format)) {
      const known = Object.keys(formats).join(', ');
      throw new RangeError(`schema: ${pointer}/format: unknown format "${format}"; known: ${known}`);
    }
  });
}

function problemText(problem: ErrorObject | undefined): string | undefined {
  const { allowedValues } = (problem?.params ?? {}) as { readonly allowedValues?: unknown };
  const listed = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
  return problem?.message === undefined ? undefined : problem.message + listed;
}

/** Where the part of a schema is that can't be compiled, as far as that can be told. */
function placeOf(schema: JsonSchema, error: unknown): string {
  const missing = error instanceof Error && 'missingRef' in error ? error.missingRef : undefined;
  let place = '';
  visitSchemas(schema, '#', ({ $ref: reference, pattern }, pointer) => {
    if (place !== '') return;
    if (missing !== undefined && reference === missing) place = `${pointer}/$ref: `;
    if (missing === undefined && typeof pattern === 'string' && !isPattern(pattern)) place = `${pointer}/pattern: `;
  });
  return place;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function compile(schema: JsonSchema): SchemaCheck {
  const ajv = createAjv(schema);
  checkKeywords(ajv, schema);
  if (ajv.validateSchema(schema) !== true) {
    const [first] = ajv.errors ?? [];
    throw new RangeError(`schema: #${first?.instancePath ?? ''}: ${problemText(first) ?? 'is no JSON Schema'}`);
  }
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    // A reference that leads nowhere, a pattern that is no regular expression: the library says which.
    const what = error instanceof Error ? error.message : String(error);
    throw new RangeError(`schema: ${placeOf(schema, error)}${what}`, { cause: error });
  }
  return (value) => {
    if (validate(value)) return undefined;
    const [first] = validate.errors ?? [];
    return `${first?.instancePath === '' ? '/' : first?.instancePath}: ${first?.message ?? "doesn't fit the schema"}`;
  };
}

const compiled = new WeakMap<JsonSchema, SchemaCheck>();

/**
 * Makes a check of a JSON Schema, draft 2020-12 or (by its `$schema`) draft-07. References lead into the schema itself.
 *
 * @throws {RangeError} `schema: POINTER: …` for an invalid schema, a keyword or a format that isn't known
 */
export function compileSchema(schema: JsonSchema): SchemaCheck {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const check = compile(schema);
  compiled.set(schema, check);
  return check;
}
