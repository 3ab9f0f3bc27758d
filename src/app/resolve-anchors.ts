import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, UnknownNameError } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import { nearestName } from '../core/nearest-name.ts';
import { anchorsOf, paperAnchors, type AnchorSet } from '../scoring/anchors.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { joinAnchors, readAnchors } from './anchors-file.ts';

/** Hardware that perbench may have anchors for. */
export type HostClass = 'cpu' | 'gpu';

/** Files in which a project states its own objectives, in this order. */
const projectFiles = ['perbench.anchors.yaml', 'perbench.anchors.yml', 'perbench.anchors.json'] as const;

export interface ResolveAnchorsOptions {
  /** Of `--anchors`: a name such as `paper-gpu` or `2026-1/cpu`, a file, or `none`. */
  readonly choice?: string | undefined;
  /** Absolute; relative files are meant from here, and a project's own anchors are looked for in it. */
  readonly projectDir: string;
  /** Absolute path of the anchors that were frozen from a first run; by default in `.perbench`. */
  readonly frozenFile?: string | undefined;
  readonly hostClass?: HostClass | undefined;
}

function versionedFile(name: string): string {
  return fileURLToPath(new URL(`../../data/anchors/${name}`, import.meta.url));
}

/** The anchors that come with perbench; frozen, a change is a new version. */
const versioned: Readonly<Record<string, () => Promise<AnchorSet>>> = {
  '2026-1/paper-gpu': async () => paperAnchors,
  '2026-1/cpu': async () => existing(await readAnchors(versionedFile('2026-1-cpu.json'), '2026-1-cpu.json', true)),
};

/** Names of the anchors that come with perbench. */
export const anchorNames: readonly string[] = Object.keys(versioned);

/** Classes of hardware that have anchors. */
const byHostClass: Readonly<Partial<Record<HostClass, string>>> = { cpu: '2026-1/cpu' };

function existing(set: AnchorSet | undefined): AnchorSet {
  if (set === undefined) throw new Error('the anchors that come with perbench are missing from this installation');
  return set;
}

/** Where anchors that a first run gave are kept in a project. */
export function frozenAnchorsFile(projectDir: string): string {
  return join(projectDir, '.perbench', 'anchors.json');
}

/**
 * The anchors that apply: those that were chosen; else what the project states in `perbench.anchors.yaml`, then what
 * there is for its class of hardware, then what was frozen from its first run, each for the tasks that those before it
 * don't know.
 *
 * @returns undefined where nothing applies, or `none` was chosen
 * @throws {UnknownNameError} if the choice is neither a name nor a file
 * @throws {ConfigError} if a file says what it can't
 */
export async function resolveAnchors(options: ResolveAnchorsOptions): Promise<AnchorSet | undefined> {
  const { choice, projectDir, hostClass, frozenFile = frozenAnchorsFile(projectDir) } = options;
  if (choice === 'none') return undefined;
  if (choice !== undefined) return chosenAnchors(choice, projectDir);
  const className = hostClass === undefined ? undefined : byHostClass[hostClass];
  const sets: AnchorSet[] = [];
  for (const name of projectFiles) {
    const stated = await readAnchors(join(projectDir, name), name);
    if (stated !== undefined) sets.push(stated);
  }
  if (className !== undefined) sets.push(await namedAnchors(className));
  const frozen = await readAnchors(frozenFile, frozenFile);
  if (frozen !== undefined) sets.push(frozen);
  return sets.length === 0 ? undefined : sets.reduce(joinAnchors);
}

/**
 * The anchors that come with perbench and have these tasks in these units. Whether their hardware is the same, only the
 * user can say.
 *
 * @returns names for `--anchors`, with what each is for
 */
export async function fittingAnchors(
  boards: readonly Pick<Scoreboard, 'taskId' | 'units'>[],
): Promise<readonly { readonly name: string; readonly summary: string }[]> {
  const sets = await Promise.all(anchorNames.map(async (name) => ({ name, set: await namedAnchors(name) })));
  return sets
    .filter(({ set }) => boards.some(({ taskId, units }) => anchorsOf(set, taskId, units) !== undefined))
    .map(({ name, set }) => ({ name: name.split('/')[1] ?? name, summary: set.summary }));
}

/** A name with or without its version: `cpu` is the newest of its class. */
function fullName(choice: string): string | undefined {
  return anchorNames.findLast((name) => name === choice || name.split('/')[1] === choice);
}

async function namedAnchors(name: string): Promise<AnchorSet> {
  const read = versioned[name];
  if (read === undefined) throw new UnknownNameError('anchors', name, anchorNames, nearestName(name, anchorNames));
  return read();
}

async function chosenAnchors(choice: string, projectDir: string): Promise<AnchorSet> {
  const name = fullName(choice);
  if (name !== undefined) return namedAnchors(name);
  if (!/\.(?:ya?ml|json)$/u.test(choice)) {
    const known = [...anchorNames, 'none', 'a .yaml or .json file'];
    throw new UnknownNameError('anchors', choice, known, nearestName(choice, anchorNames));
  }
  const read = await readAnchors(resolve(projectDir, choice), choice);
  if (read !== undefined) return read;
  throw new ConfigError({ file: choice }, 'no such file', {
    hint: 'See docs/scores.md for the format of anchor files.',
  });
}

/**
 * What ran a run: `gpu` as soon as one of its models used another device than the CPU.
 *
 * @returns undefined where it isn't known, as with a model behind somebody's server
 */
export function hostClassOf({ models, host }: Pick<Manifest, 'models' | 'host'>): HostClass | undefined {
  const devices = Object.values(models).map((facts) => facts.devices);
  const known = devices.filter((list) => list !== undefined && list.length > 0);
  if (known.some((list) => list?.some((device) => !/^cpu\b/iu.test(device)))) return 'gpu';
  if (known.length === devices.length && known.length > 0) return 'cpu';
  return known.length > 0 && host.gpus.length === 0 ? 'cpu' : undefined;
}
