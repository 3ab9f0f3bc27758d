/** Models of a suite that stand for several: `vary`, and sources that are patterns. */
import { basename } from 'node:path';
import * as z from 'zod';
import { UnknownNameError, UsageError } from '../core/errors.ts';
import { isFileServer, serverSettings } from '../core/managed-server.ts';
import { type ModelSetting, nameWith, settingWords } from '../core/model-setting.ts';
import { nearestName } from '../core/nearest-name.ts';
import { expectedBy } from '../core/schema-issue.ts';
import { shapeOf } from '../core/settings.ts';
import { type ModelEntry, modelEntry, type Suite } from '../core/suite.ts';
import { modelSettings } from '../core/suite-settings.ts';
import { valueWithoutSecrets } from '../core/without-secrets.ts';
import { checkEngineOptions, engineEntry } from '../engines/index.ts';
import { expandPattern, isPattern } from '../sources/model-pattern.ts';
import { engineOfEntry, nameModel, settingOf } from './prepare-models.ts';
import type { DocumentPath } from './written-document.ts';

type Entry = Suite['models'][number];
type Values = Readonly<Record<string, unknown>>;
type Schemas = Readonly<Record<string, z.ZodType>>;

/** Checks something, and says of an error where it stands: below a model of the suite. */
type Placed = <Value>(path: DocumentPath, check: () => Promise<Value>) => Promise<Value>;

const { thinking, templateArgs, structuredOutput } = modelSettings;
/** How a model is asked, whatever runs it. */
const askedSchemas = shapeOf({ thinking, templateArgs, structuredOutput }, z);

const mostCandidates = 256;

/** What `vary` of a model may vary: the options of its engine or the settings of its server, and how it is asked. */
export async function variableSettings(entry: ModelEntry): Promise<Schemas> {
  if (entry.server !== undefined) return { ...shapeOf(serverSettings, z), ...askedSchemas };
  const options: { readonly shape: Schemas } = await engineEntry(engineOfEntry(entry)).options();
  return { ...options.shape, ...askedSchemas };
}

/** One setting with the values that it takes in turn; undefined is unset. */
interface Axis {
  readonly key: string;
  readonly values: readonly unknown[];
}

/**
 * @throws {UnknownNameError} for a setting that can't be varied
 * @throws {UsageError} for a value that it can't have, and for two that are the same
 */
function readAxis(schemas: Schemas, key: string, written: unknown): Axis {
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  if (schema === undefined) {
    const names = Object.keys(schemas);
    throw new UnknownNameError('setting to vary', key, names, nearestName(key, names));
  }
  // Of a setting that is a list itself, a list of lists.
  const list: readonly unknown[] = Array.isArray(written) && !schema.safeParse(written).success ? written : [written];
  if (list.length === 0) throw new UsageError(`vary.${key}: expected at least one value, got an empty list`);
  const values = list.map((value) => readValue(value, key, schema));
  // Unset is the default.
  const meant = values.map((value) => JSON.stringify([schema.safeParse(value).data]));
  for (const [index, value] of meant.entries()) {
    const first = meant.indexOf(value);
    if (first !== index)
      throw new UsageError(`vary.${key}: ${valueText(list[first])} and ${valueText(list[index])} are the same`);
  }
  return { key, values };
}

/** `none` unsets a setting, unless it is one of its words. */
function readValue(value: unknown, key: string, schema: z.ZodType): unknown {
  const { enum: choices = [], anyOf = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const words = [...choices, ...anyOf.map((part) => part.const)].filter((word) => typeof word === 'string');
  if ((value === null || value === 'none') && !words.includes('none')) return undefined;
  const { success, error } = schema.safeParse(value);
  if (success) return value;
  const near = typeof value === 'string' ? nearestName(value, words) : undefined;
  const meant = near === undefined ? '' : ` (did you mean "${near}"?)`;
  const expected = error.issues.map(expectedBy)[0] ?? 'another value';
  throw new UsageError(`vary.${key}: expected ${expected}, got ${JSON.stringify(value)}${meant}`);
}

/**
 * Checks what flags vary of a model.
 *
 * @param schemas of `variableSettings`
 * @throws what `readAxis` throws
 */
export function checkVaried(schemas: Schemas, vary: Values): void {
  for (const [key, value] of Object.entries(vary)) readAxis(schemas, key, value);
}

/** A value as a name says it: of a file its name, of a list its words. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'string') return /[\\/]/.test(value) ? basename(value).replace(/\.gguf$/i, '') : value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(' ');
  if (typeof value !== 'object') return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, own]) => `${name}=${valueText(own)}`)
    .join(' ');
}

/** Every combination; the last setting changes first. */
function combinations(axes: readonly Axis[]): readonly Values[] {
  return axes.reduce<readonly Values[]>(
    (before, { key, values }) => before.flatMap((each) => values.map((value) => ({ ...each, [key]: value }))),
    [{}],
  );
}

/** @throws {UsageError} where a model without a draft would be told how much to draft, in several ways */
function checkDraftTokens(axes: readonly Axis[], { engineOptions }: ModelEntry): void {
  const [first, second] = axes.find(({ key }) => key === 'draftTokens')?.values ?? [];
  const drafts = axes.find(({ key }) => key === 'draft')?.values ?? [engineOptions['draft']];
  if (second === undefined || drafts.every((draft) => draft !== undefined && draft !== 'none')) return;
  throw new UsageError(
    `vary.draftTokens: ${valueText(first)} and ${valueText(second)} are the same where there is no draft`,
    { hint: 'Name a `draft`; the model without one can stand beside it as another model.' },
  );
}

function withoutUnset<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

const isAsked = (key: string): key is keyof ModelSetting => Object.hasOwn(askedSchemas, key);

/** The entry with these values where they belong. Each was read by the schema of its setting. */
function withValues(entry: ModelEntry, values: Values): ModelEntry {
  const part = (wanted: (key: string) => boolean): Values =>
    Object.fromEntries(Object.entries(values).filter(([key]) => wanted(key)));
  const [asked, own] = [part(isAsked), part((key) => !isAsked(key))];
  const { server, engineOptions } = entry;
  return withoutUnset({
    ...entry,
    ...asked,
    ...(server === undefined
      ? { engineOptions: withoutUnset({ ...engineOptions, ...own }) }
      : { server: { ...server, ...own } }),
  });
}

/** What a name says of one value: `kvCache q8_0`, and of how a model is asked what names say of it anyway. */
function valueWords([key, value]: readonly [string, unknown]): readonly string[] {
  const words = isAsked(key) && value !== undefined ? settingWords({ [key]: value }) : [];
  return words.length > 0 ? words : [`${key} ${valueText(valueWithoutSecrets(value))}`];
}

/** Names of candidates say what differs between them: `qwen (kvCache q8_0, threads 2)`. */
function nameOfCandidate(fixed: ModelEntry, differing: readonly string[], folder: string): string | undefined {
  if (fixed.name !== undefined) return nameWith(fixed.name, differing);
  if (differing.length === 0) return undefined;
  const { thinking: _, templateArgs: _template, structuredOutput: _structured, ...bare } = fixed;
  return nameWith(nameModel(bare, folder).name, [...settingWords(settingOf(fixed)), ...differing]);
}

function checkCount(count: number): void {
  if (count <= mostCandidates) return;
  throw new UsageError(`${count} candidates of one model are more than the ${mostCandidates} that a suite may have`, {
    hint: 'Vary fewer settings at once, or give them fewer values.',
  });
}

/** @throws {UsageError} that names the candidate whose settings don't go together */
async function checkCandidate(candidate: ModelEntry, folder: string): Promise<void> {
  try {
    await checkEngineOptions(engineOfEntry(candidate), candidate.engineOptions);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`vary: ${nameModel(candidate, folder).name}: ${error.message}`, {
      hint: 'Vary these settings of two models, each with values that go together.',
      cause: error,
    });
  }
}

/**
 * The models that an entry stands for: each file of its pattern with each combination of what it varies, in the order in
 * which they are written.
 */
async function expandEntry(entry: Entry, folder: string, placed: Placed): Promise<readonly Entry[]> {
  const { vary, ...written } = modelEntry(entry);
  const schemas = vary === undefined ? {} : await placed(['vary'], async () => variableSettings(written));
  const axes: Axis[] = [];
  for (const [key, values] of Object.entries(vary ?? {}))
    axes.push(await placed(['vary', key], async () => readAxis(schemas, key, values)));
  await placed(['vary', 'draftTokens'], async () => checkDraftTokens(axes, written));
  const candidates = await placed(typeof entry === 'string' ? [] : ['source'], async () => {
    const { server } = written;
    const readsFile = server === undefined ? engineEntry(engineOfEntry(written)).readsFile : isFileServer(server);
    const world = { folder, readsFile };
    const isSeveral = isPattern(written.source, world);
    if (axes.length === 0 && !isSeveral) return [entry];
    const sources = isSeveral ? await expandPattern(written.source, world) : [written.source];
    checkCount(axes.reduce((product, { values }) => product * values.length, sources.length));
    const [single, varied] = [axes.filter(isSingle), axes.filter((axis) => !isSingle(axis))];
    const fixed = withValues(written, combinations(single)[0] ?? {});
    return sources.flatMap((source) =>
      combinations(varied).map((values): Entry => {
        const file = sources.length > 1 && written.name !== undefined ? [nameModel(source, folder).name] : [];
        const differing = [...file, ...Object.entries(values).flatMap(valueWords)];
        const name = nameOfCandidate({ ...fixed, source }, differing, folder);
        return withoutUnset({ ...withValues({ ...fixed, source }, values), name });
      }),
    );
  });
  if (axes.length > 0)
    for (const candidate of candidates)
      await placed(['vary'], async () => checkCandidate(modelEntry(candidate), folder));
  return candidates;
}

const isSingle = ({ values }: Axis): boolean => values.length === 1;

/**
 * The suite with a model for each candidate; one that has none to write out stays as it is.
 *
 * @param folder from which relative sources are meant; absolute
 * @throws {UsageError | UnknownNameError} for what can't be varied, too many candidates, a pattern without files, and two models
 *   of one name
 */
export async function expandModels(
  suite: Suite,
  folder: string,
  placed: Placed = async (_, check) => check(),
): Promise<Suite> {
  const models: Entry[] = [];
  const sources = new Map<string, string>();
  for (const [index, entry] of suite.models.entries()) {
    const here: Placed = async (path, check) => placed(['models', index, ...path], check);
    const candidates = await expandEntry(entry, folder, here);
    await here([], async () => checkNames(candidates, modelEntry(entry).source, folder, sources));
    models.push(...candidates);
  }
  return { ...suite, models };
}

/**
 * Before anything is fetched or asked: what a model at a server or a repository is called isn't known by then.
 *
 * @param sources as written, by the names that models before have; those of the candidates are added
 * @throws {UsageError} for two models of one name
 */
function checkNames(candidates: readonly Entry[], source: string, folder: string, sources: Map<string, string>): void {
  for (const entry of candidates) {
    const { name, request } = nameModel(entry, folder);
    const isKnown =
      modelEntry(entry).name !== undefined || (request !== undefined && request.sources[0].kind !== 'repo');
    if (!isKnown) continue;
    const other = sources.get(name);
    if (other !== undefined) {
      throw new UsageError(`two models have the name "${name}": of ${[...new Set([other, source])].join(' and of ')}`, {
        hint: 'Name each model once, or give one of them another `name` in a suite file.',
      });
    }
    sources.set(name, source);
  }
}
