import { engineEntry } from '../engines/index.ts';
import { modelEntry, type Suite } from '../core/suite.ts';
import { findModel } from '../sources/find-model.ts';
import { describeSource } from '../sources/model-source.ts';
import type { LocalContext } from './local-context.ts';
import { settingSuffix } from '../core/model-setting.ts';
import { nameModel, settingOf } from './prepare-models.ts';

type Entry = Suite['models'][number];
type Names = readonly [string, ...string[]];

/** A model of a suite with nothing left open but what it is called. */
interface FoundEntry {
  /** What it may be called, the best first. */
  readonly names: Names;
  readonly withName: (name: string) => Entry;
}

async function findEntry(entry: Entry, context: LocalContext, signal: AbortSignal): Promise<FoundEntry> {
  const { name, source, engine, engineOptions, request } = nameModel(entry, context.workingFolder);
  const { find } = engineEntry(engine);
  if (find !== undefined) {
    const { environment = {}, onStep } = context;
    const found = await find({ source, engineOptions, environment, onStep }, signal);
    const written = modelEntry(entry);
    const suffix = settingSuffix(settingOf(written));
    const [best, ...others] = found.names;
    return {
      names: written.name === undefined ? [best + suffix, ...others.map((each) => each + suffix)] : [written.name],
      withName: (chosen) => ({ ...written, engine, source: found.source, name: chosen }),
    };
  }
  if (request === undefined) return { names: [name], withName: () => entry };
  const model = await findModel(request, context.settings, { onProgress: context.onPull, signal });
  if (model === request) return { names: [name], withName: () => entry };
  const file = describeSource(model.sources[0]);
  const own = typeof entry === 'string' ? undefined : entry.name;
  return {
    names: [own ?? model.name + settingSuffix(settingOf(modelEntry(entry)))],
    withName: () => (typeof entry === 'string' ? file : { ...entry, source: file }),
  };
}

/** Of each its first name that nobody else has; its best where all are taken. */
function distinctNames(all: readonly Names[]): readonly string[] {
  return all.map((names, index) => {
    const others = new Set(all.filter((_, other) => other !== index).flat());
    return names.find((name) => !others.has(name)) ?? names[0];
  });
}

/**
 * The suite with models whose sources leave nothing open: servers are asked what they serve, the hub which file a
 * repository has, and files are looked at. Models at servers are called by their own short names, with the server only
 * where two are alike.
 *
 * @throws {UsageError} for an address that is none, and a repository with several files
 * @throws {ServerError} for a server that can't be reached, wants a key, or has no API
 * @throws {ModelError} for a model that isn't there, and a server with none or several where none was named
 * @throws {DownloadError} if the hub refuses or can't be reached
 */
export async function findModels(suite: Suite, context: LocalContext, signal: AbortSignal): Promise<Suite> {
  const found: FoundEntry[] = [];
  for (const entry of suite.models) found.push(await findEntry(entry, context, signal));
  const names = distinctNames(found.map((entry) => entry.names));
  return { ...suite, models: found.map(({ withName, names: own }, index) => withName(names[index] ?? own[0])) };
}
