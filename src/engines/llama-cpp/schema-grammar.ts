/**
 * JSON Schema to a grammar of llama.cpp (GBNF), for the part of JSON Schema that a grammar can hold an answer to. Every
 * text of the grammar is JSON that the schema accepts, `oneOf` aside, whose exclusion is left to the check afterwards.
 * Not every such JSON is a text of the grammar: keys come in the schema's order, those that it doesn't name only where it
 * names none, and white space, digits and nesting have bounds, so that a model can't go on for ever with them.
 */

type Schema = Readonly<Record<string, unknown>>;

/** Repetitions that a grammar may ask for; the library itself refuses 2,000. */
const mostRepeats = 1000;
const mostRules = 5000;
const deepest = 64;

/** Say nothing about the value, or are read where others refer to them. */
const annotations = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

type TypeName = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';

/** Keywords that are understood beside each type. */
const keywordsOf: Readonly<Record<TypeName, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'format'],
  integer: ['minimum'],
  number: ['minimum'],
  boolean: [],
  null: [],
};

const daysGrammar = [
  'year31 ::= [0-9]{4} "-" ("0" [13578] | "1" [02]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])',
  'year30 ::= [0-9]{4} "-" ("0" [469] | "11") "-" ("0" [1-9] | [12] [0-9] | "30")',
  'year28 ::= [0-9]{4} "-02-" ("0" [1-9] | "1" [0-9] | "2" [0-8])',
  'leap ::= [0-9] [0-9] ("0" [48] | [2468] [048] | [13579] [26]) | ([02468] [048] | [13579] [26]) "00"',
  String.raw`date ::= "\"" (year31 | year30 | year28 | leap "-02-29") "\""`,
];

/** Rules that others are made of; 15 digits are exact in a float64. */
const commonRules: readonly string[] = [
  String.raw`ws ::= ( " " | "\n" "\n"? [ \t]{0,20} )?`,
  String.raw`hex ::= [0-9a-fA-F]`,
  // Half a surrogate pair is no character; whole characters can be written as they are.
  String.raw`char ::= [^"\\\x7F\x00-\x1F] | "\\" ( ["\\/bfnrt] | "u" ( [0-9a-cA-CefEF] hex | [dD] [0-7] ) hex hex )`,
  String.raw`string ::= "\"" char* "\""`,
  'whole ::= "0" | [1-9] [0-9]{0,14}',
  'integer ::= "-"? whole',
  'positive ::= [1-9] [0-9]{0,14}',
  'unsigned ::= whole ( "." [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,2} )?',
  'number ::= "-"? unsigned',
  'boolean ::= "true" | "false"',
  'null ::= "null"',
  'object ::= "{" ws ( string ":" ws value ( "," ws string ":" ws value )* ws )? "}"',
  'array ::= "[" ws ( value ( "," ws value )* ws )? "]"',
  'value ::= object | array | string | number | boolean | null',
  ...daysGrammar,
];

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pointerPart(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** A text as a literal of the grammar; JSON text has no control characters. */
function literal(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function refuse(pointer: string, why: string): never {
  throw new RangeError(`schema: ${pointer}: ${why}`);
}

function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as TypeName;
}

function isTypeName(value: unknown): value is TypeName {
  return typeof value === 'string' && Object.hasOwn(keywordsOf, value);
}

/** Writes the rules of one schema. */
class GrammarWriter {
  readonly #root: Schema;
  readonly #rules: string[] = [];
  /** Rules of what references lead to, so that a schema may refer to itself. */
  readonly #referenced = new Map<string, string>();

  constructor(root: Schema) {
    this.#root = root;
  }

  write(): string {
    const body = this.#expression(this.#root, '#', 0);
    return [`root ::= ws ${body}`, ...this.#rules, ...commonRules, ''].join('\n');
  }

  /** Adds a rule and gives its name. */
  #rule(body: string, pointer: string): string {
    if (this.#rules.length >= mostRules) refuse(pointer, 'the schema is too large for a grammar');
    const name = `r${this.#rules.length}`;
    this.#rules.push(`${name} ::= ${body}`);
    return name;
  }

  /** What stands for a schema in a sequence: the name of a rule, or a literal. */
  #expression(schema: unknown, pointer: string, depth: number): string {
    if (depth > deepest) refuse(pointer, 'nested too deeply');
    if (schema === true) return 'value';
    if (!isSchema(schema)) return refuse(pointer, schema === false ? 'no value is allowed' : 'expected a schema');
    if (schema['$ref'] !== undefined) return this.#reference(schema, pointer, depth);
    if (schema['const'] !== undefined) return this.#fixed(schema, 'const', [schema['const']], pointer);
    if (schema['enum'] !== undefined) {
      if (!Array.isArray(schema['enum'])) refuse(`${pointer}/enum`, 'expected a list');
      return this.#fixed(schema, 'enum', schema['enum'] as readonly unknown[], pointer);
    }
    for (const key of ['anyOf', 'oneOf']) {
      const options = schema[key];
      if (options === undefined) continue;
      this.#allowKeywords(schema, [key], pointer);
      if (!Array.isArray(options) || options.length === 0) refuse(`${pointer}/${key}`, 'expected a list of schemas');
      const each = (options as readonly unknown[]).map((option, index) =>
        this.#expression(option, `${pointer}/${key}/${index}`, depth + 1),
      );
      return this.#rule(each.join(' | '), pointer);
    }
    return this.#typed(schema, pointer, depth);
  }

  #reference(schema: Schema, pointer: string, depth: number): string {
    this.#allowKeywords(schema, ['$ref'], pointer);
    const { $ref: target } = schema;
    if (typeof target !== 'string' || !/^#(\/|$)/.test(target)) {
      return refuse(`${pointer}/$ref`, 'expected a reference into the schema itself, such as #/$defs/name');
    }
    const known = this.#referenced.get(target);
    if (known !== undefined) return known;
    const place = this.#rules.length;
    const name = this.#rule('', pointer);
    this.#referenced.set(target, name);
    this.#rules[place] = `${name} ::= ${this.#expression(this.#resolve(target, pointer), target, depth + 1)}`;
    return name;
  }

  #resolve(target: string, pointer: string): unknown {
    let found: unknown = this.#root;
    for (const part of target.split('/').slice(1)) {
      const key = unescaped(part, pointer).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) {
        return refuse(`${pointer}/$ref`, `${target} leads nowhere`);
      }
      found = (found as Schema)[key];
    }
    return found;
  }

  #fixed(schema: Schema, key: string, values: readonly unknown[], pointer: string): string {
    this.#allowKeywords(schema, [key, 'type'], pointer);
    const types = this.#types(schema, pointer);
    const fit = values.filter((value) => {
      const type = typeOf(value);
      return types === undefined || types.includes(type) || (type === 'integer' && types.includes('number'));
    });
    if (fit.length === 0) refuse(`${pointer}/${key}`, 'no value is allowed');
    return this.#rule(fit.map((value) => literal(JSON.stringify(value))).join(' | '), pointer);
  }

  /** The types that a schema names; undefined where it names none. */
  #types({ type, nullable }: Schema, pointer: string): readonly TypeName[] | undefined {
    if (type === undefined) return undefined;
    const types: readonly unknown[] = Array.isArray(type) ? type : [type];
    if (types.length === 0 || !types.every(isTypeName)) refuse(`${pointer}/type`, 'expected types of JSON Schema');
    return [...types, ...(nullable === true ? (['null'] as const) : [])];
  }

  #typed(schema: Schema, pointer: string, depth: number): string {
    const implied = (Object.keys(keywordsOf) as TypeName[]).find((type) =>
      keywordsOf[type].some((keyword) => schema[keyword] !== undefined),
    );
    // A keyword speaks of one type alone; without a type, that one is what is meant.
    const types = this.#types(schema, pointer) ?? (implied === undefined ? [] : [implied]);
    this.#allowKeywords(schema, ['type', 'nullable', ...types.flatMap((type) => keywordsOf[type])], pointer);
    if (types.length === 0) return 'value';
    const each = types.map((type) => this.#ofType(type, schema, pointer, depth));
    return each.length === 1 ? (each[0] ?? '') : this.#rule(each.join(' | '), pointer);
  }

  #ofType(type: TypeName, schema: Schema, pointer: string, depth: number): string {
    switch (type) {
      case 'object':
        return this.#object(schema, pointer, depth);
      case 'array':
        return this.#array(schema, pointer, depth);
      case 'string':
        return this.#string(schema, pointer);
      case 'integer':
      case 'number':
        return numberRule(type, schema['minimum'], pointer);
      case 'boolean':
      case 'null':
        return type;
    }
  }

  #object(schema: Schema, pointer: string, depth: number): string {
    const { properties = {}, required = [], additionalProperties: others = true } = schema;
    if (!isSchema(properties)) refuse(`${pointer}/properties`, 'expected schemas by name');
    if (!Array.isArray(required)) refuse(`${pointer}/required`, 'expected a list of names');
    const needed = new Set(required as readonly unknown[]);
    const members = Object.entries(properties).map(([key, value]) => ({
      key,
      isNeeded: needed.has(key),
      rule: this.#expression(value, `${pointer}/properties${pointerPart(key)}`, depth + 1),
    }));
    for (const key of needed) {
      if (typeof key !== 'string' || Object.hasOwn(properties, key)) continue;
      const rule = this.#expression(others, `${pointer}/additionalProperties`, depth + 1);
      members.push({ key, isNeeded: true, rule });
    }
    if (members.length === 0) return this.#freeObject(others, pointer, depth);
    // From the last member to the first: what may follow where there was a member before, and where there was none.
    let after = 'ws';
    let first = '';
    for (const { key, isNeeded, rule } of members.toReversed()) {
      const member = `${literal(JSON.stringify(key))} ":" ws ${rule} ${after}`;
      const start = this.#rule(isNeeded ? member : `${member} | ${first === '' ? '""' : first}`, pointer);
      const next = `"," ws ${member}`;
      after = this.#rule(isNeeded ? next : `${next} | ${after}`, pointer);
      first = start;
    }
    return this.#rule(`"{" ws ${first} "}"`, pointer);
  }

  #freeObject(others: unknown, pointer: string, depth: number): string {
    if (others === false) return this.#rule('"{" ws "}"', pointer);
    if (others === true) return 'object';
    const value = this.#expression(others, `${pointer}/additionalProperties`, depth + 1);
    const member = `string ":" ws ${value}`;
    return this.#rule(`"{" ws ( ${member} ( "," ws ${member} )* ws )? "}"`, pointer);
  }

  #array(schema: Schema, pointer: string, depth: number): string {
    const least = count(schema, 'minItems', pointer) ?? 0;
    const most = count(schema, 'maxItems', pointer);
    if (most !== undefined && most < least) refuse(`${pointer}/maxItems`, 'smaller than minItems');
    if (most === 0) return this.#rule('"[" ws "]"', pointer);
    const item = this.#expression(schema['items'] ?? true, `${pointer}/items`, depth + 1);
    const more = `( "," ws ${item} ){${Math.max(0, least - 1)},${most === undefined ? '' : most - 1}}`;
    const list = `${item} ${most === 1 ? '' : `${more} `}ws`;
    return this.#rule(`"[" ws ${least === 0 ? `( ${list} )?` : list} "]"`, pointer);
  }

  #string(schema: Schema, pointer: string): string {
    const least = count(schema, 'minLength', pointer) ?? 0;
    const most = count(schema, 'maxLength', pointer);
    const { format } = schema;
    if (format !== undefined) {
      if (format !== 'date') refuse(`${pointer}/format`, `answers can be held to the format date, not to this one`);
      if (least > 0 || most !== undefined) refuse(`${pointer}/format`, 'not beside minLength or maxLength');
      return 'date';
    }
    if (most !== undefined && most < least) refuse(`${pointer}/maxLength`, 'smaller than minLength');
    if (most === 0) return literal('""');
    if (least === 0 && most === undefined) return 'string';
    return this.#rule(`"\\"" char{${least},${most ?? ''}} "\\""`, pointer);
  }

  #allowKeywords(schema: Schema, known: readonly string[], pointer: string): void {
    const other = Object.keys(schema).find((key) => !annotations.has(key) && !known.includes(key));
    if (other !== undefined) {
      refuse(pointer + pointerPart(other), 'answers can not be held to this keyword while they are decoded');
    }
  }
}

function unescaped(part: string, pointer: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse(`${pointer}/$ref`, `${part} is no part of an address`);
  }
}

function count(schema: Schema, key: string, pointer: string): number | undefined {
  const value = schema[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    return refuse(`${pointer}/${key}`, 'expected a whole number, 0 or more');
  }
  return value <= mostRepeats ? value : refuse(`${pointer}/${key}`, `answers can be held to ${mostRepeats} at most`);
}

function numberRule(type: 'integer' | 'number', minimum: unknown, pointer: string): string {
  if (minimum === undefined) return type;
  if (minimum === 0) return type === 'integer' ? 'whole' : 'unsigned';
  if (minimum === 1 && type === 'integer') return 'positive';
  return refuse(`${pointer}/minimum`, 'answers can be held to a minimum of 0, or for integers of 1');
}

/**
 * The grammar of a JSON Schema: `type` (also several), `nullable`, `properties`, `required`, `additionalProperties`,
 * `items`, `minItems`, `maxItems`, `minLength`, `maxLength`, `format: date`, `minimum` of 0 or 1, `enum`, `const`, `anyOf`,
 * `oneOf`, and `$ref` into the schema itself.
 *
 * @throws {RangeError} `schema: POINTER: …` for anything else
 */
export function schemaGrammar(schema: Schema): string {
  return new GrammarWriter(schema).write();
}
