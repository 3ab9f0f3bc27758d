import { basename, dirname } from 'node:path';
import { DataError, DownloadError } from '../../core/errors.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { openHttpClient } from '../http-client.ts';
import { cachedSnapshot } from '../hub-cache.ts';
import { type HubFile, listHubFiles } from '../hub-protocol.ts';
import { askHub, askHubFile, pullHubFile } from '../pull-hub.ts';
import type { Pull } from '../pull.ts';
import type { SourceSettings } from '../source-settings.ts';
import { formatOfName, type OwnFormat } from './own-formats.ts';
import { chooseSplit, type FoundFiles, groupedBy, isSplitName, splitOf } from './own-places.ts';
import type { OwnTableOptions } from './own-rows.ts';

const prefix = 'hf:';

export function isHubSource({ path }: DataSource): boolean {
  return path.startsWith(prefix);
}

type Repository = Omit<HubFile, 'file'>;

function repositoryOf({ path, revision }: DataSource): Repository {
  const [, repo, own] = /^hf:([\w.-]+\/[\w.-]+?)(?:@(.+))?$/u.exec(path) ?? [];
  if (repo === undefined) {
    throw new DataError(`${path}: not a data set of the hub`, {
      hint: 'Write hf:owner/name, and config, split and revision beside it.',
    });
  }
  if (own !== undefined && revision !== undefined && own !== revision) {
    throw new DataError(`${path}: revision "${revision}" is set too`, { hint: 'Name one revision.' });
  }
  return { type: 'dataset', repo, revision: revision ?? own ?? 'main' };
}

interface PlacedFile {
  readonly path: string;
  readonly format: OwnFormat;
  readonly config: string;
  readonly split: string;
}

/** The best first; a repository often holds the same rows in several. */
const preferred: readonly OwnFormat[] = ['parquet', 'jsonl', 'csv', 'tsv', 'json'];

/** Files that describe a data set. */
const descriptions = /^(?:dataset_infos?|dataset_dict|state|package|tokenizer.*|config)\.json$/u;

/**
 * Configuration and split of a file, by where it lies: `config/test-00000-of-00001.parquet`, `config/test/0000.parquet`,
 * `data/test.csv`, `test.jsonl`. What a README says of configurations isn't read.
 */
function placedFile(path: string): PlacedFile | undefined {
  const format = formatOfName(path);
  const isHidden = path.split('/').some((part) => part.startsWith('.'));
  if (format === undefined || isHidden || descriptions.test(basename(path))) return undefined;
  const folders = dirname(path)
    .split('/')
    .filter((part) => part !== '.' && part !== 'data');
  const own = splitOf(path);
  const last = folders.at(-1);
  if (!isSplitName(own) && last !== undefined && isSplitName(last)) {
    return { path, format, config: folders.slice(0, -1).join('/'), split: last };
  }
  return { path, format, config: folders.join('/'), split: own };
}

interface ChosenFiles {
  readonly files: readonly string[];
  readonly split: string;
  readonly config: string;
}

function chooseFiles(paths: readonly string[], { path: place, config, split }: DataSource): ChosenFiles {
  const placed = paths.map(placedFile).filter((file) => file !== undefined);
  const format = preferred.find((each) => placed.some((file) => file.format === each));
  if (format === undefined) {
    throw new DataError(`${place}: no Parquet, JSON Lines, CSV, TSV or JSON file in this data set`, {
      hint: 'Download and convert it, and name the file.',
    });
  }
  const configs = groupedBy(
    placed.filter((file) => file.format === format),
    (file) => file.config,
  );
  const chosen = config ?? chosenConfig([...configs.keys()]);
  const inConfig = chosen === undefined ? undefined : configs.get(chosen);
  if (chosen === undefined || inConfig === undefined) {
    const what = config === undefined ? 'several configurations' : `no configuration "${config}"`;
    throw new DataError(`${place}: ${what}; found ${[...configs.keys()].map((name) => name || '(none)').join(', ')}`, {
      hint: 'Choose one with config.',
    });
  }
  const found = chooseSplit(
    groupedBy(inConfig, (file) => file.split),
    (file) => file.path,
    split,
    place,
  );
  return { files: found.files.map((file) => file.path).toSorted(), split: found.split, config: chosen };
}

function chosenConfig(names: readonly string[]): string | undefined {
  if (names.length === 1) return names[0];
  return names.find((name) => name === 'default') ?? names.find((name) => name === '');
}

/**
 * Brings the files of one split of a data set of the hub onto this machine: `test` by default, else the only one.
 *
 * @throws {DataError} if there is no data file, or it isn't clear which
 * @throws {DownloadError} if the hub refuses or can't be reached, or offline if nothing is in the cache
 */
export async function pullOwnDataset(
  source: DataSource,
  { settings, signal }: Pick<OwnTableOptions, 'settings' | 'signal'>,
): Promise<FoundFiles> {
  const repository = repositoryOf(source);
  if (settings === undefined) {
    throw new DataError(`${source.path}: data sets of the hub cannot be fetched here`, {
      hint: 'Download the file, and name that.',
    });
  }
  if (settings.isOffline) return cachedFiles(source, repository, settings);
  await using http = openHttpClient(settings);
  const pull: Pull = { settings, http, signal };
  const entries = await askHub((own) => listHubFiles(repository, own), repository.repo, 'retry', pull);
  const chosen = chooseFiles(
    entries.map(({ path }) => path),
    source,
  );
  let { revision } = repository;
  const paths: string[] = [];
  for (const file of chosen.files) {
    const wanted: HubFile = { ...repository, revision, file };
    const facts = await askHubFile(wanted, 'retry', pull);
    paths.push((await pullHubFile(wanted, facts, pull)).path);
    // All files from one commit, whatever happens to the branch meanwhile.
    revision = facts.commit;
  }
  return { paths, notes: [hubNote(source, chosen, revision)] };
}

function hubNote({ path }: DataSource, { split, config, files }: ChosenFiles, commit: string): string {
  const where = config === '' ? '' : ` of configuration ${config}`;
  return `${path}: split ${split}${where} (${files.join(', ')}) at commit ${commit}`;
}

async function cachedFiles(source: DataSource, repository: Repository, settings: SourceSettings): Promise<FoundFiles> {
  const cached = await cachedSnapshot(repository, settings.hubCacheDir);
  if (cached === undefined || cached.files.length === 0) {
    throw new DownloadError(
      `offline, and ${source.path} is not in the cache; it would be downloaded from ${settings.hubEndpoint}`,
      { hint: 'Run the same command once with a network connection.' },
    );
  }
  const chosen = chooseFiles(cached.files, source);
  // Of what isn't in the cache nothing is known, so the only split here need not be the only one.
  if (source.split === undefined && chosen.split !== 'test') {
    throw new DownloadError(`offline, and of ${source.path} only split ${chosen.split} is in the cache`, {
      hint: `Set split to ${chosen.split} if that is meant.`,
    });
  }
  return {
    paths: chosen.files.map((file) => cached.pathOf(file)),
    notes: [`${hubNote(source, chosen, cached.commit)}, from the cache: offline`],
  };
}
