import { createHash } from 'node:crypto';
import { ModelError } from '../core/errors.ts';

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
      hint: `Give the first one: ${stem}-00001-of-${total}.gguf`,
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
