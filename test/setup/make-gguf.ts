import { createHash } from 'node:crypto';

export type GgufEntry = readonly [key: string, value: number | string | readonly number[] | readonly string[]];

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function entry([key, value]: GgufEntry): Buffer {
  if (typeof value === 'number') return Buffer.concat([text(key), u32(4), u32(value)]);
  if (typeof value === 'string') return Buffer.concat([text(key), u32(8), text(value)]);
  const isText = typeof value[0] === 'string';
  const items = value.map((item) => (typeof item === 'string' ? text(item) : u32(item)));
  return Buffer.concat([text(key), u32(9), u32(isText ? 8 : 4), u64(value.length), ...items]);
}

export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** A GGUF file with the given header and `weightsBytes` of zeros behind it. */
export function makeGguf(entries: readonly GgufEntry[], tensors: readonly GgufTensor[] = [], weightsBytes = 0): Buffer {
  const infos = tensors.map(({ name, shape, offset }) =>
    Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset)]),
  );
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries.map(entry),
    ...infos,
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, Buffer.alloc(weightsBytes)]);
}

/** Bytes that begin as a GGUF file does and don't repeat: content for downloads. */
export function ggufBytes(bytes: number, seed: string): Buffer {
  const blocks: Buffer[] = [Buffer.from('GGUF')];
  for (let have = 4, index = 0; have < bytes; have += 32, index += 1)
    blocks.push(createHash('sha256').update(`${seed}:${index}`).digest());
  return Buffer.concat(blocks).subarray(0, bytes);
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
