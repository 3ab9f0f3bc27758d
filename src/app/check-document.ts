import * as z from 'zod';
import { ConfigError } from '../core/errors.ts';
import { issueText } from '../core/schema-issue.ts';
import { nearestName } from '../core/nearest-name.ts';
import { shortText } from '../core/short-text.ts';
import type { DocumentPath, Position, WrittenDocument } from './written-document.ts';

/** What a file is to say. */
export interface DocumentKind<Value> {
  readonly schema: z.ZodType<Value>;
  /** What it is called where it says nothing at all: `not a suite`. */
  readonly otherwise: string;
  readonly hint: string;
}

interface CheckedDocument extends WrittenDocument {
  readonly schema: JsonSchema;
}

interface Problem {
  readonly path: DocumentPath;
  readonly position: Position | undefined;
  readonly message: string;
  /** Path of the key that an unknown one was probably meant to be. */
  readonly near: string | undefined;
  readonly isMissing: boolean;
}

const shownProblems = 10;
/** Of more than that, those that the schema meets first are looked up in the file, and the first of them shown. */
const placedProblems = 200;

/**
 * Checks a file against its schema and fills in the defaults.
 *
 * @throws {ConfigError} with every problem on a line of its own: `file:line:column: what`
 */
export function checkDocument<Value>(document: WrittenDocument, kind: DocumentKind<Value>): Value {
  const parsed = kind.schema.safeParse(document.value);
  if (parsed.success) return parsed.data;
  // In JSON form every part of the schema is plain data.
  const checked = { ...document, schema: z.toJSONSchema(kind.schema, { io: 'input' }) as JsonSchema };
  const found = parsed.error.issues.flatMap((issue) => problemsOf(issue, [], checked));
  const problems = withoutMisspelled(found.slice(0, placedProblems).map((place) => place()));
  throw configError(document, problems.toSorted(byPosition), Math.max(0, found.length - placedProblems), kind);
}

/** Where something stands in a file, for errors: undefined places are left out. */
export function placeIn({ file, ...document }: WrittenDocument, path: DocumentPath): ConfigError['at'] {
  const key = pathText(path);
  return { file, ...document.positionOf(path), ...(key !== '' && { key }) };
}

/** A key that is missing because it was misspelled is one problem, not two. */
function withoutMisspelled(problems: readonly Problem[]): readonly Problem[] {
  const meant = new Set(problems.map(({ near }) => near));
  return problems.filter(({ path, isMissing }) => !(isMissing && meant.has(pathText(path))));
}

/** One error for several problems; the first gives it its place. */
function configError(
  { file }: WrittenDocument,
  problems: readonly Problem[],
  unplaced: number,
  { otherwise, hint }: Pick<DocumentKind<unknown>, 'otherwise' | 'hint'>,
): ConfigError {
  const [first, ...others] = problems;
  const shown = others
    .slice(0, shownProblems - 1)
    .map(({ position, message }) => `${placeText(file, position)}: ${message}`);
  const left = others.length - shown.length + unplaced;
  const lines = [first?.message ?? otherwise, ...shown, ...(left > 0 ? [`and ${left} more`] : [])];
  const key = first?.path.join('.');
  const at = { file, ...first?.position, ...(key !== undefined && key !== '' && { key }) };
  return new ConfigError(at, lines, { hint });
}

function placeText(file: string, position: Position | undefined): string {
  return position === undefined ? file : `${file}:${position.line}:${position.column}`;
}

function byPosition({ position: left }: Problem, { position: right }: Problem): number {
  return (left?.line ?? 0) - (right?.line ?? 0) || (left?.column ?? 0) - (right?.column ?? 0);
}

/** Each as a function that looks up its place. */
function problemsOf(
  issue: z.core.$ZodIssue,
  base: DocumentPath,
  document: CheckedDocument,
): readonly (() => Problem)[] {
  // Paths of a schema never hold symbols: its keys are those of a file.
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => () => unknownKey(key, path, document));
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue);
    if (branch !== undefined) return branch.flatMap((inner) => problemsOf(inner, path, document));
  }
  return [() => problemOf(issue, path, document)];
}

function problemOf(issue: z.core.$ZodIssue, path: DocumentPath, document: CheckedDocument): Problem {
  const value = valueAt(document.value, path);
  const name = shortText(pathText(path));
  const message = `${name === '' ? '' : `${name}: `}${describe(issue, value, path, document.schema)}`;
  return { path, position: document.positionOf(path), message, near: undefined, isMissing: value === undefined };
}

/**
 * The alternative that the user meant: the one whose own type fits, so that only its inside is wrong. Of several, the one
 * that knows all of the keys; where that doesn't tell and the schema lists its forms itself, none.
 */
function nearestBranch({ errors, message }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const fitting = errors.filter(
    (issues) =>
      issues.length > 0 && issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
  const knowing = fitting.filter((issues) => issues.every(({ path }) => path.length > 0));
  if (knowing.length === 1) return knowing[0];
  return fitting.length === 1 || message === defaultUnionMessage ? fitting[0] : undefined;
}

/** Of a union that has no message of its own. */
const defaultUnionMessage = 'Invalid input';

function unknownKey(key: string, parent: DocumentPath, document: CheckedDocument): Problem {
  const path = [...parent, key];
  const known = knownKeys(parent, document.schema);
  const near = nearestName(key, known);
  const where = parent.length === 0 ? '' : ` in ${shortText(pathText(parent))}`;
  const advice = near === undefined ? `; known: ${known.join(', ')}` : ` (did you mean "${near}"?)`;
  return {
    path,
    position: document.positionOfKey(path),
    message: `unknown key "${shortText(key)}"${where}${advice}`,
    near: near === undefined ? undefined : pathText([...parent, near]),
    isMissing: false,
  };
}

/** Keys that the schema knows at a path. */
function knownKeys(path: DocumentPath, schema: JsonSchema): readonly string[] {
  return Object.keys(branchWithKeys(schemaAt(path, schema))?.properties ?? {});
}

function schemaAt(path: DocumentPath, whole: JsonSchema): JsonSchema | undefined {
  let schema: JsonSchema | undefined = whole;
  for (const part of path) {
    const inside = branchWithKeys(schema);
    // Of a record, whose keys are names, each value has the same schema.
    const { properties, additionalProperties: others } = inside ?? {};
    const named = properties?.[part] ?? (typeof others === 'object' ? others : undefined);
    schema = typeof part === 'number' ? schema?.items : named;
  }
  return schema;
}

function branchWithKeys(schema: JsonSchema | undefined): JsonSchema | undefined {
  return schema?.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

function describe(issue: z.core.$ZodIssue, value: unknown, path: DocumentPath, schema: JsonSchema): string {
  if (path.length === 0 && (value === undefined || value === null)) return 'the file is empty';
  if (value === undefined) return 'is missing';
  // Forms with keys are listed by the schema itself: their types alone say nothing.
  if (issue.code === 'invalid_union' && typeof value === 'object' && issue.message !== defaultUnionMessage)
    return `${issue.message}, got ${valueText(value)}`;
  const expected = expectedText(issue, path, schema);
  if (expected === undefined) return issueText(issue);
  const near = issue.code === 'invalid_value' ? didYouMean(value, issue.values) : '';
  return `expected ${expected}, got ${valueText(value)}${near}`;
}

/** What the schema expects; undefined where its message says so itself. */
function expectedText(issue: z.core.$ZodIssue, path: DocumentPath, schema: JsonSchema): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeText(issue.expected, path, schema);
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_small':
      return sizeText(issue.origin, 'at least', issue.minimum, issue.inclusive);
    case 'too_big':
      return sizeText(issue.origin, 'at most', issue.maximum, issue.inclusive);
    case 'invalid_union':
      return issue.errors.flatMap(([first]) => (first && expectedText(first, path, schema)) ?? []).join(' or ');
    default:
      return undefined;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

/** A schema of whole numbers first asks for any number; the user should hear the whole of it. */
function typeText(expected: string, path: DocumentPath, schema: JsonSchema): string {
  const { type, anyOf = [] } = schemaAt(path, schema) ?? {};
  const isWhole = expected === 'number' && [type, ...anyOf.map((branch) => branch.type)].includes('integer');
  return typeNames[isWhole ? 'int' : expected] ?? expected;
}

function sizeText(origin: string, words: string, limit: number | bigint, inclusive: boolean | undefined): string {
  if (origin === 'string') return 'some text';
  if (origin === 'array') return `${words} ${limit} ${Number(limit) === 1 ? 'entry' : 'entries'}`;
  if (inclusive === false) return `a number ${words === 'at least' ? 'above' : 'below'} ${limit}`;
  return `a number of ${words} ${limit}`;
}

function oneOf(values: readonly unknown[]): string {
  const [only] = values;
  return values.length === 1 ? String(only) : `one of ${values.map(String).join(', ')}`;
}

function didYouMean(value: unknown, known: readonly unknown[]): string {
  const near = typeof value === 'string' ? nearestName(value, known.map(String)) : undefined;
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'keys and values';
  // JSON has no Infinity.
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  return shortText(isNumber ? String(value) : (JSON.stringify(value) ?? String(value)));
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, path: DocumentPath): unknown {
  let current: unknown = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[part];
  }
  return current;
}

/** `models[0].source` */
export function pathText(path: DocumentPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}
