import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { catalogueEntry, findCatalogueEntry } from './catalogue.ts';
import { type CatalogueEntry, describeSource, type ModelSource, parseSource } from './model-source.ts';
import type { PullOptions } from './pull.ts';

/** What a user asked for, with every place that it may come from, the preferred one first. */
export interface ModelRequest {
  /** As the user wrote it. */
  readonly written: string;
  /** Catalogue name, or the file's name without its ending. */
  readonly name: string;
  readonly sources: readonly [ModelSource, ...ModelSource[]];
  /** Undefined where nobody has pinned it. */
  readonly sha256: string | undefined;
  readonly bytes: number | undefined;
  readonly entry: CatalogueEntry | undefined;
}

function entrySources(entry: CatalogueEntry): [ModelSource, ...ModelSource[]] {
  const { hub, pip, sha256 } = entry;
  const sources: ModelSource[] = [];
  if (hub !== undefined) sources.push({ kind: 'hub', ...hub, sha256 });
  if (pip !== undefined) sources.push({ kind: 'pip', parts: pip.parts, sha256 });
  const [first, ...rest] = sources;
  if (first === undefined) throw new Error(`catalogue entry ${entry.name} has no source`);
  return [first, ...rest];
}

function nameOf(source: ModelSource): string {
  const path =
    source.kind === 'pip'
      ? (source.parts[0]?.member ?? '')
      : describeSource(source.kind === 'hub' || source.kind === 'repo' ? { ...source, revision: 'main' } : source);
  return basename(path)
    .replace(/\.part\d+$/i, '')
    .replace(/\.(gguf|bin)$/i, '');
}

export function requestEntry(entry: CatalogueEntry): ModelRequest {
  return {
    written: entry.name,
    name: entry.name,
    sources: entrySources(entry),
    sha256: entry.sha256,
    bytes: entry.bytes,
    entry,
  };
}

/**
 * Reads what a user wrote for a model: a catalogue name or any of the source forms.
 *
 * @param baseDir folder that relative paths are meant from
 * @throws {UsageError} for a source that is none of the forms, and for a folder
 * @throws {UnknownNameError} for a name that isn't in the catalogue, with the nearest one
 */
export function parseModelRequest(text: string, baseDir: string): ModelRequest {
  const known = findCatalogueEntry(text);
  if (known !== undefined) return requestEntry(known);
  const source = parseSource(text, baseDir);
  if (source === undefined) {
    const stat = statSync(resolve(baseDir, text), { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) {
      throw new UsageError(`${text} is a folder, and no model of the catalogue has that name`, {
        hint: `Name a GGUF file in it, such as ${join(text, 'model.gguf')}.`,
      });
    }
    return requestEntry(catalogueEntry(text));
  }
  const sha256 = 'sha256' in source ? source.sha256 : undefined;
  return { written: text, name: nameOf(source), sources: [source], sha256, bytes: undefined, entry: undefined };
}

/** A model as callers may give it: a request, or what a user wrote, with relative paths meant from `baseDir`. */
export interface ModelOptions extends PullOptions {
  readonly baseDir?: string;
}

/** @throws what `parseModelRequest` throws */
export function requestOf(model: string | ModelRequest, { baseDir = '.' }: ModelOptions): ModelRequest {
  return typeof model === 'string' ? parseModelRequest(model, baseDir) : model;
}
