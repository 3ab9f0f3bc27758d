import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { splitOutside } from '../core/list-parts.ts';
import { ifThere } from '../files/if-there.ts';
import { shardFiles } from '../gguf/gguf-file.ts';
import { looksLikePath } from './model-source.ts';

/** The first braces with a comma in them: `{1..6}` of packages is none. */
const braces = /\{([^{}]*,[^{}]*)\}/;

/** Where sources that are patterns look for files. */
export interface PatternWorld {
  /** Absolute; relative patterns are meant from here. */
  readonly folder: string;
  /** The source means a file where it looks like a path: a server may be given the name of a repository instead. */
  readonly readsFile: boolean;
}

const isElsewhere = (source: string): boolean => /^[a-z][a-z\d+-]+:/i.test(source);

/**
 * Whether a source means several models: `qwen-{Q8_0,Q4_K_M}.gguf`, and of local files `ladder/*.gguf` too. A file that is
 * called like that is one model.
 */
export function isPattern(source: string, { folder, readsFile }: PatternWorld): boolean {
  const isWild = readsFile && !isElsewhere(source) && /[*?]/.test(source);
  return (isWild || braces.test(source)) && !existsSync(resolve(folder, source));
}

/**
 * The sources that a pattern means: those in braces in the order in which they are written, others by size, the largest
 * first, so that what they were made of comes before them. What is meant twice counts once.
 *
 * @throws {UsageError} for a pattern, or one alternative of it, without files
 */
export async function expandPattern(pattern: string, world: PatternWorld): Promise<readonly string[]> {
  if (/\{[^}]*\{[^}]*,/.test(pattern)) throw new UsageError(`${pattern}: braces within braces are not supported`);
  const isLocal = world.readsFile && !isElsewhere(pattern) && looksLikePath(pattern);
  const found: string[] = [];
  for (const source of expandBraces(pattern)) {
    if (!isLocal) found.push(source);
    else if (existsSync(resolve(world.folder, source))) found.push(source);
    else found.push(...(await matchingFiles(source, pattern, world)));
  }
  return [...new Map(found.map((source) => [isLocal ? resolve(world.folder, source) : source, source])).values()];
}

function expandBraces(pattern: string): readonly string[] {
  const [whole, inside] = braces.exec(pattern) ?? [];
  if (whole === undefined || inside === undefined) return [pattern];
  return splitOutside(inside).flatMap((each) => expandBraces(pattern.replace(whole, () => each)));
}

async function matchingFiles(source: string, pattern: string, { folder }: PatternWorld): Promise<readonly string[]> {
  const named = dirname(source);
  if (/[*?]/.test(named)) {
    throw new UsageError(`${pattern}: * and ? may stand in the name of a file, not in that of a folder`);
  }
  const place = resolve(folder, named);
  const there = await ifThere(readdir(place));
  const models = (there ?? []).filter((name) => /\.gguf$/i.test(name));
  const wanted = matcher(basename(source));
  const firsts = models.filter((name) => wanted.test(name) && !isLaterPart(name));
  if (firsts.length === 0) throw nothingFound(basename(source), pattern, place, there && models);
  const sizes = new Map<string, number>();
  for (const name of firsts) sizes.set(name, await sizeOf(join(place, name)));
  const sorted = firsts.toSorted((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || natural.compare(a, b));
  // As it was written, so that it is resolved like any other source.
  return sorted.map((name) => source.slice(0, source.length - basename(source).length) + name);
}

const natural = new Intl.Collator('en', { numeric: true });

function matcher(name: string): RegExp {
  const plain = name.replaceAll(/[\\^$.+()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`^${plain.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su');
}

const isLaterPart = (name: string): boolean => /-(?!00001)\d{5}-of-\d{5}\.gguf$/i.test(name);

/** Of all parts of a split model that are here. */
async function sizeOf(file: string): Promise<number> {
  const sizes = await Promise.all(shardFiles(file).map(async (part) => (await ifThere(stat(part)))?.size ?? 0));
  return sizes.reduce((sum, each) => sum + each, 0);
}

const shownFiles = 8;

function nothingFound(
  missing: string,
  pattern: string,
  folder: string,
  models: readonly string[] | undefined,
): UsageError {
  const name = basename(pattern);
  const what = missing === name ? `no file fits ${name}` : `no file ${missing} for ${name}`;
  if (models === undefined) return new UsageError(`${what}: there is no folder ${folder}`);
  const sorted = models.toSorted(natural.compare);
  const more = sorted.length > shownFiles ? ` and ${sorted.length - shownFiles} more` : '';
  const there = sorted.length === 0 ? 'no GGUF files' : `${sorted.slice(0, shownFiles).join(', ')}${more}`;
  return new UsageError(`${what} in ${folder}, which has ${there}`);
}
