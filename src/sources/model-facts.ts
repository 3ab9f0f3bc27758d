import { suiteSettings } from '../core/suite-settings.ts';
import { fileTypeName } from '../gguf/file-type.ts';
import { requireGguf } from '../gguf/gguf-file.ts';
import type { GgufHeader } from '../gguf/gguf-header.ts';
import { readModelHeader } from '../gguf/gguf-kind.ts';
import { type Provenance, provenanceOf } from '../gguf/provenance.ts';
import { listModels, requestInCache } from './model-list.ts';
import { outlineBehind } from '../gguf/model-outline.ts';
import { usualContextTokens } from '../gguf/model-needs.ts';
import { estimateModelMemory } from './model-memory.ts';
import { type ModelOptions, type ModelRequest, requestEntry } from './model-request.ts';
import { describeSource } from './model-source.ts';
import { resolveModel } from './resolve-model.ts';
import type { SourceSettings } from './source-settings.ts';

/** What a model would take; estimated from its header. */
export interface ContextMemory {
  readonly contextTokens: number;
  readonly sequences: number;
  readonly bytes: number;
}

/** What is known of a model without running it; undefined where nothing tells. */
export interface ModelDescription {
  readonly name: string;
  /** Where it is, or would come from. */
  readonly source: string;
  /** Undefined where it isn't on this machine. */
  readonly path: string | undefined;
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  readonly architecture: string | undefined;
  readonly parameters: number | undefined;
  readonly quantisation: string | undefined;
  /** What it was made from, of files that perbench quantised. */
  readonly madeFrom?: Provenance | undefined;
  /** Tokens that it was trained on at once. */
  readonly contextTokens: number | undefined;
  /** `none`: the file has no template. */
  readonly chatTemplate: string | undefined;
  readonly licence: string | undefined;
  /** By context and sequences; empty where the header doesn't tell. */
  readonly memory: readonly ContextMemory[];
}

/** Marks of turns by which the usual templates are known. */
const templateKinds: readonly (readonly [kind: string, mark: string])[] = [
  ['ChatML', '<|im_start|>'],
  ['Llama 3', '<|start_header_id|>'],
  ['Gemma', '<start_of_turn>'],
  ['Llama 2 or Mistral', '[INST]'],
  ['Phi', '<|assistant|>'],
];

function templateText(template: unknown): string {
  if (typeof template !== 'string' || template.trim() === '') return 'none';
  const kind = templateKinds.find(([, mark]) => template.includes(mark))?.[0];
  return kind ?? `other: ${template.trim().split('\n')[0] ?? ''}`;
}

function textOf({ values }: GgufHeader, key: string): string | undefined {
  const value = values.get(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The request behind a name: of the catalogue, or of a model on this machine, or in any of the forms of a source. */
async function requestNamed(name: string, settings: SourceSettings, options: ModelOptions): Promise<ModelRequest> {
  const here = (await listModels(settings)).find((listed) => listed.path !== undefined && listed.name === name);
  if (here === undefined) return requestInCache(name, settings, options);
  if (here.entry !== undefined) return requestEntry(here.entry);
  const { path = '', bytes, sha256 } = here;
  return { written: name, name, sources: [{ kind: 'file', path }], sha256, bytes, entry: undefined };
}

async function memoryOf(path: string, trained: number | undefined): Promise<readonly ContextMemory[]> {
  const usual = Math.min(usualContextTokens, trained ?? usualContextTokens);
  const wanted = [
    { contextTokens: usual, sequences: 1 },
    { contextTokens: usual, sequences: Number(suiteSettings.concurrency.fallback) },
    ...(trained === undefined || trained === usual ? [] : [{ contextTokens: trained, sequences: 1 }]),
  ];
  const estimates: ContextMemory[] = [];
  for (const each of wanted) {
    const { kvBytes, totalBytes } = await estimateModelMemory(path, each);
    // Without the shape of its attention nobody knows what the cache takes.
    if (kvBytes > 0) estimates.push({ ...each, bytes: totalBytes });
  }
  return estimates;
}

/**
 * What is known of a model: from its file where it is on this machine, else from the catalogue alone. Nothing is
 * fetched, loaded or guessed.
 *
 * @param name of the catalogue or of a model on this machine, or any form of a source
 * @throws {UsageError | UnknownNameError} for a name that is none
 * @throws {ModelError} for a file that is missing, or no GGUF
 */
export async function describeModel(
  name: string,
  settings: SourceSettings,
  options: ModelOptions = {},
): Promise<ModelDescription> {
  const request = await requestNamed(name, settings, options);
  const { entry, sources } = request;
  const located = await resolveModel(request, settings);
  const known = {
    name: request.name,
    licence: entry?.licence,
    parameters: entry?.parameters,
    quantisation: entry?.quantisation,
  };
  if (located === undefined) {
    const [source] = sources;
    if (source.kind === 'file') await requireGguf(source.path);
    const unread = { path: undefined, architecture: undefined, contextTokens: undefined, chatTemplate: undefined };
    const { bytes, sha256 } = request;
    return { ...known, ...unread, source: sources.map(describeSource).join(', or '), bytes, sha256, memory: [] };
  }
  const { path, bytes, sha256 } = located;
  const header = await readModelHeader(path);
  const { parameters, trainedContextTokens } = await outlineBehind(header, path);
  return {
    ...known,
    source: describeSource(located.source),
    path,
    bytes,
    sha256,
    architecture: textOf(header, 'general.architecture'),
    parameters,
    quantisation: fileTypeName(header.values.get('general.file_type')) ?? entry?.quantisation,
    madeFrom: provenanceOf(header),
    contextTokens: trainedContextTokens,
    chatTemplate: templateText(header.values.get('tokenizer.chat_template')),
    licence: entry?.licence ?? textOf(header, 'general.license.name') ?? textOf(header, 'general.license'),
    memory: await memoryOf(path, trainedContextTokens),
  };
}
