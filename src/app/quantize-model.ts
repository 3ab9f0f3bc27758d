import { appendFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EngineError, UsageError } from '../core/errors.ts';
import { splitEngineSource } from '../engines/index.ts';
import { findLibrary } from '../engines/llama-cpp/library-location.ts';
import { type QuantizedFile, type QuantizeOrder, quantizeFile } from '../engines/llama-cpp/quantize-file.ts';
import { ifThere } from '../files/if-there.ts';
import { replaceWritten } from '../files/replace-file.ts';
import { type FileType, fileTypeName, fileTypeToMake, isUnquantised } from '../gguf/file-type.ts';
import { type GgufHeader, readGgufHeader } from '../gguf/gguf-header.ts';
import { readModelHeader } from '../gguf/gguf-kind.ts';
import { provenanceEntries, provenanceOf } from '../gguf/provenance.ts';
import { type DiskHints, explained, makeFolder, requireFreeBytes } from '../sources/disk-error.ts';
import { isPattern } from '../sources/model-pattern.ts';
import { type PulledModel, pullModel } from '../sources/pull-model.ts';
import type { LocalContext } from './local-context.ts';

export interface QuantizeModelOptions {
  /** Quantisations by name, such as `q4_k_m`; in the order in which they are made. */
  readonly to: readonly string[];
  /** Folder for the files; by default that of a file of one's own, else the working folder. */
  readonly folder?: string | undefined;
  /** CPU threads; by default all of this machine. */
  readonly threads?: number | undefined;
  /** Replaces files that are there. */
  readonly isForced?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onTensor?: ((file: string, tensor: number, tensors: number) => void) | undefined;
}

/** A file in another quantisation. */
export interface QuantizedModel {
  readonly path: string;
  /** Such as `Q4_K_M`. */
  readonly quantisation: string;
  /** False where the same file was there already. */
  readonly isMade: boolean;
  readonly bytes: number;
  /** Bits of all tensors for each weight. */
  readonly bitsPerWeight: number;
  /**
   * Tensors that got another type, since their rows don't divide into its blocks, and how many there are in all;
   * undefined where the file was there already.
   */
  readonly fallback: { readonly tensors: number; readonly of: number } | undefined;
}

interface Base extends PulledModel {
  readonly header: GgufHeader;
  /** Quantisation of its weights. */
  readonly type: string;
}

const outHints: DiskHints = {
  space: 'Free some space, or name another disk with --out.',
  rights: 'Make it writable, or name another folder with --out.',
};

/** `qwen-Q4_K_M.gguf` of `qwen-f16.gguf`, in the case of the name that it replaces. */
function nameFor(base: string, { name }: FileType): string {
  const stem = basename(base)
    .replace(/\.gguf$/i, '')
    .replace(/-00001-of-\d{5}$/, '');
  const [, begin = stem, separator = '-', written] =
    /^(.+?)([-._])((?:i?q|tq)\d_[a-z0-9_]+|b?f16|f32)$/i.exec(stem) ?? [];
  const isLower = written !== undefined && written === written.toLowerCase();
  return `${begin}${separator}${isLower ? name.toLowerCase() : name}.gguf`;
}

/** Whether two paths lead to one file: through links, or as two names of it. */
async function isSameFile(path: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([path, other].map(async (each) => ifThere(stat(each, { bigint: true }))));
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

/** @throws {UsageError} where a file is there that wasn't made from this base */
async function isMadeAlready(path: string, type: FileType, base: Base, isForced: boolean): Promise<boolean> {
  if (isForced || (await ifThere(stat(path))) === undefined) return false;
  const header = await readGgufHeader(path).catch(() => undefined);
  const isSame =
    header !== undefined &&
    fileTypeName(header.values.get('general.file_type')) === type.name &&
    provenanceOf(header)?.fromSha256 === base.sha256;
  if (isSame) return true;
  throw new UsageError(`${path} is there already, and wasn't made from this model`, {
    hint: 'Name another folder with --out, or pass --force to replace it.',
  });
}

async function describeFile(path: string, type: FileType): Promise<Omit<QuantizedModel, 'isMade' | 'fallback'>> {
  const [{ size }, { weightsBytes, parameters }] = [await stat(path), await readGgufHeader(path)];
  return { path, quantisation: type.name, bytes: size, bitsPerWeight: (weightsBytes * 8) / parameters };
}

/** @throws {UsageError} for several models, and for a file where a folder belongs */
function checkNames(model: string, out: string | undefined, folder: string): void {
  if (isPattern(model, { folder, readsFile: true })) {
    throw new UsageError(`${model} means several files, and quantize takes one model`, {
      hint: 'Name the file to make others from: the least quantised one.',
    });
  }
  if (out !== undefined && /\.gguf$/i.test(out)) {
    throw new UsageError(`--out takes a folder, got ${out}`, {
      hint: 'Files are named after the model and their type.',
    });
  }
}

/**
 * Makes files of a model in other quantisations, by llama.cpp's own quantiser, each whole or not at all. What they were
 * made from is kept in their headers. Files that were made from the same base before are left as they are.
 *
 * @param model catalogue name, file, or any other source of a model
 * @yields each file once it is there
 * @throws {UsageError} for an unknown quantisation, a pattern of several files, a file in the way, or a model that is no file
 * @throws {EnvironmentError} if the disk can't hold the files
 * @throws {EngineError} with the library's reason where it fails
 */
export async function* quantizeModel(
  model: string,
  context: Pick<LocalContext, 'settings' | 'workingFolder' | 'onPull' | 'onNote'>,
  options: QuantizeModelOptions,
): AsyncGenerator<QuantizedModel, void, void> {
  const { signal, isForced = false, onTensor } = options;
  const types = [...new Map(options.to.map(fileTypeToMake).map((type) => [type.name, type])).values()];
  checkNames(model, options.folder, context.workingFolder);
  const base = await readBase(model, context, signal);
  const library = findLibrary('cpu');
  const folder = options.folder ?? (base.source === base.path ? dirname(base.path) : context.workingFolder);
  const planned: { readonly type: FileType; readonly path: string; readonly isDone: boolean }[] = [];
  for (const type of types) {
    const path = join(folder, nameFor(base.path, type));
    if (await isSameFile(path, base.path))
      throw new UsageError(`${path} is the base itself, and ${base.type} already`, {
        hint: 'Leave that quantisation out, or name another folder with --out.',
      });
    planned.push({ type, path, isDone: await isMadeAlready(path, type, base, isForced) });
  }
  const by = `llama.cpp (${library.packageName} ${library.packageVersion})`;
  const texts = provenanceEntries({ fromType: base.type, fromSha256: base.sha256, by });
  const orderOf = (type: FileType, output: string, isDryRun: boolean): QuantizeOrder => ({
    library,
    input: base.path,
    output,
    fileType: type.number,
    threads: options.threads ?? availableParallelism(),
    texts,
    isDryRun,
  });
  const headerBytes = base.bytes - base.header.weightsBytes;
  let neededBytes = 0;
  const waiting = planned.filter(({ isDone }) => !isDone);
  for (const { type, path } of waiting)
    neededBytes += headerBytes + (await quantizeFile(orderOf(type, path, true), { signal })).weightsBytes;
  await makeFolder(folder, outHints);
  const names = waiting.map(({ path }) => basename(path)).join(', ');
  await requireFreeBytes(join(folder, names), neededBytes, outHints);
  for (const { type, path, isDone } of planned) {
    if (isDone) {
      yield { ...(await describeFile(path, type)), isMade: false, fallback: undefined };
      continue;
    }
    const written = replaceWritten(path, async (beside) => {
      const made = quantizeFile(orderOf(type, beside, false), {
        signal,
        onTensor: (tensor, of) => onTensor?.(basename(path), tensor, of),
      });
      return withDiskReason(path, beside, made);
    });
    const { tensors, fallbackTensors } = await explained(path, written, outHints);
    yield { ...(await describeFile(path, type)), isMade: true, fallback: { tensors: fallbackTensors, of: tensors } };
  }
}

/** The library doesn't say why it couldn't write; the system does, asked to write more. */
async function withDiskReason(path: string, beside: string, made: Promise<QuantizedFile>): Promise<QuantizedFile> {
  try {
    return await made;
  } catch (error) {
    // Before what was written is removed, so that what is said to be free is what was free.
    if (error instanceof EngineError) await explained(path, appendFile(beside, Buffer.alloc(2 ** 20)), outHints);
    throw error;
  }
}

async function readBase(
  model: string,
  { settings, workingFolder, onPull, onNote }: Pick<LocalContext, 'settings' | 'workingFolder' | 'onPull' | 'onNote'>,
  signal: AbortSignal,
): Promise<Base> {
  const engine = splitEngineSource(model)?.engine;
  if (engine !== undefined) {
    throw new UsageError(`${model} is a model of the engine ${engine}: only GGUF files can be quantised`, {
      hint: 'Name a GGUF file, or a model of the catalogue.',
    });
  }
  const pulled = await pullModel(model, settings, { baseDir: workingFolder, signal, onProgress: onPull });
  const header = await readModelHeader(pulled.path);
  const type = fileTypeName(header.values.get('general.file_type')) ?? 'unknown';
  if (!isUnquantised(type)) {
    onNote?.(
      `${basename(pulled.path)} is quantised already (${type}): what that lost stays lost, and files made from it show less than the loss from the original model`,
    );
  }
  return { ...pulled, header, type };
}
