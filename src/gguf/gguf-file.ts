import { createHash } from 'node:crypto';
import { ModelError } from '../core/errors.ts';
import { openFile } from '../files/read-file.ts';

const headBytes = 256;

const convert = 'Use a GGUF file; other formats can be converted with convert_hf_to_gguf.py of llama.cpp.';
const newer = 'Use a GGUF file of the model; such files can no longer be read.';
const nameTheModel = 'Name the GGUF file of the language model itself.';
const fetchAgain = 'Download it again.';
const unpack = 'Unpack it, and name the GGUF file.';

const signatures: readonly (readonly [pattern: RegExp, what: string, hint: string])[] = [
  [/^PK\x03\x04/, 'a zip archive or a PyTorch checkpoint', convert],
  [
    /^\s*<(?:!doctype|html|\?xml)/i,
    'a web page',
    'Download the file itself: on the hub its address has /resolve/, not /blob/.',
  ],
  [
    /^version https:\/\/git-lfs/,
    'a Git LFS pointer: the file itself was never downloaded',
    'Fetch the file with git lfs pull.',
  ],
  [/^.{8}\{"/s, 'a safetensors file', convert],
  [/^\s*[{[]/, 'JSON text', convert],
  [/^(?:tjgg|lmgg|fmgg|ggml|ggjt)/, 'a GGML file, older than GGUF', newer],
  [/^(?:algg|ggla)/, 'a LoRA adapter in a format older than GGUF', nameTheModel],
  // Number of entries, length of the first name, and the name of a tensor.
  [
    /^.{2}\0{2}[\x04-\x7f]\0{3}(?:blk\.\d|output|token_embd)/s,
    'an importance matrix (imatrix), the statistics of a quantisation',
    nameTheModel,
  ],
  [/^\x1f\x8b/, 'a gzip archive', unpack],
  [/^(?:7z\xbc\xaf|\x28\xb5\x2f\xfd|\xfd7zXZ|BZh)/, 'a packed file', unpack],
  [/^\x80[\x02-\x05]/, 'a Python pickle', convert],
  [/^GGUF/, 'the beginning of one, and ends before the header does', fetchAgain],
  [/^\0+$/, 'only zero bytes, as an unfinished download leaves', fetchAgain],
];

interface Content {
  readonly what: string;
  readonly hint: string;
}

/** What the first bytes of a file that isn't GGUF look like. */
function describeContent(head: Buffer): Content {
  if (head.length === 0) return { what: 'an empty file', hint: fetchAgain };
  const text = head.toString('latin1');
  const [, what = `bytes ${head.subarray(0, 4).toString('hex')}`, hint = convert] =
    signatures.find(([pattern]) => pattern.test(text)) ?? [];
  return { what, hint };
}

/** Versions are small numbers: one that is small when its bytes are turned around was written the other way. */
function isBigEndian(head: Buffer): boolean {
  return head.readUInt32LE(4) > 0xff_ff && head.readUInt32BE(4) <= 0xff_ff;
}

/**
 * Refuses a file that doesn't begin as GGUF files do.
 *
 * @param head its first bytes, or all of a short one
 * @throws {ModelError} that names what was found instead
 */
export function requireGgufHead(name: string, head: Buffer): void {
  if (head.toString('latin1', 0, 4) === 'GGUF' && head.length >= 24) {
    if (!isBigEndian(head)) return;
    throw new ModelError(`${name} is a big-endian GGUF file, made for machines such as IBM Z`, {
      hint: 'Use the little-endian file of the model, or convert it with gguf_convert_endian.py of llama.cpp.',
    });
  }
  const { what, hint } = describeContent(head.subarray(0, headBytes));
  throw new ModelError(`${name} is not a GGUF file: it is ${what}`, { hint });
}

/**
 * Refuses a file on this machine that doesn't begin as GGUF files do.
 *
 * @throws {ModelError} that names what was found instead, or says that there is no such file
 */
export async function requireGguf(path: string): Promise<void> {
  const head = Buffer.alloc(headBytes);
  let bytesRead: number;
  try {
    await using handle = await openFile(path);
    ({ bytesRead } = await handle.read(head, 0, headBytes, 0));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'EISDIR') throw new ModelError(`${path} is a folder, expected a GGUF file`, { cause: error });
    if (error.code === 'ENOTFILE') throw new ModelError(`${path} ${error.message}`, { cause: error });
    if (error.code !== 'ENOENT') throw error;
    throw new ModelError(`no such file: ${path}`, {
      hint: 'Check the path: it is relative to the current folder, or to the suite file.',
      cause: error,
    });
  }
  requireGgufHead(path, head.subarray(0, bytesRead));
}

const shardPattern = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;
const maxShards = 999;

/**
 * All files of a model, given its first: large GGUF models come as `name-00001-of-00003.gguf` and so on.
 *
 * @throws {ModelError} if the file is a later shard: engines want the first
 */
export function shardFiles(file: string): readonly string[] {
  const [, stem, index, total] = shardPattern.exec(file) ?? [];
  if (stem === undefined || total === undefined) return [file];
  if (index !== '00001') {
    throw new ModelError(`${file} is a later part of a split model`, {
      hint: `Use the first part: ${stem}-00001-of-${total}.gguf`,
    });
  }
  const n = Number(total);
  if (n < 1 || n > maxShards) throw new ModelError(`${file}: expected 1 to ${maxShards} parts, got ${n}`);
  return Array.from({ length: n }, (_, shard) => `${stem}-${String(shard + 1).padStart(5, '0')}-of-${total}.gguf`);
}

/** One checksum for a model: the file's own, or for a split one the sha256 of its parts' checksums, one a line. */
export function modelSha256(checksums: readonly string[]): string {
  const [first] = checksums;
  if (first !== undefined && checksums.length === 1) return first;
  return createHash('sha256').update(checksums.join('\n')).digest('hex');
}
