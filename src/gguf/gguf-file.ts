import { createHash } from 'node:crypto';
import { ModelError } from '../core/errors.ts';
import { openFile } from '../files/read-file.ts';

const headBytes = 256;

const signatures: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^PK\x03\x04/, 'a zip archive or a PyTorch checkpoint'],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'a web page'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer: the file itself was never downloaded'],
  [/^.{8}\{"/s, 'a safetensors file'],
  [/^\s*[{[]/, 'JSON text'],
  [/^(?:tjgg|lmgg|fmgg|ggml|ggjt)/, 'a GGML file, older than GGUF'],
  [/^\x1f\x8b/, 'a gzip archive'],
  [/^FUGG/, 'a big-endian GGUF file'],
  [/^\x80[\x02-\x05]/, 'a Python pickle'],
  [/^\0+$/, 'only zero bytes, as an unfinished download leaves'],
];

/** What the first bytes of a file that isn't GGUF look like. */
function describeContent(head: Buffer): string {
  if (head.length === 0) return 'an empty file';
  const text = head.toString('latin1');
  const known = signatures.find(([pattern]) => pattern.test(text));
  return known?.[1] ?? `bytes ${head.subarray(0, 4).toString('hex')}`;
}

/**
 * Refuses a file that doesn't begin as GGUF files do.
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
  if (head.toString('latin1', 0, 4) === 'GGUF' && bytesRead >= 24) return;
  throw new ModelError(`${path} is not a GGUF file: it is ${describeContent(head.subarray(0, bytesRead))}`, {
    hint: 'Use a GGUF file; other formats can be converted with convert_hf_to_gguf.py of llama.cpp.',
  });
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
