import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string;
  readonly content: Buffer;
  readonly isStored?: boolean;
  /** Written instead of the content deflated or stored: packed by a method that this file doesn't know. */
  readonly packed?: Buffer;
  /** Written instead of the true ones, to make a damaged archive. */
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly statedBytes?: number;
}

function le(...fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );
}

/** A zip archive, such as a wheel, from its members. */
export function makeZip(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const { name, content, isStored = false, flags = 0 } = member;
    const data = member.packed ?? (isStored ? content : deflateRawSync(content));
    const method = member.method ?? (isStored ? 0 : 8);
    const sizes = [
      [4, member.crc ?? crc32(content)],
      [4, data.length],
      [4, member.statedBytes ?? content.length],
    ] as const;
    const local = le(
      [4, 0x04034b50],
      [2, 20],
      [2, flags],
      [2, method],
      [2, 0],
      [2, 33],
      ...sizes,
      [2, name.length],
      [2, 0],
    );
    bodies.push(local, Buffer.from(name), data);
    directory.push(
      le([4, 0x02014b50], [2, 20], [2, 20], [2, flags], [2, method], [2, 0], [2, 33], ...sizes, [2, name.length]),
      le([2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
      Buffer.from(name),
    );
    offset += local.length + name.length + data.length;
  }
  const entries = Buffer.concat(directory);
  const end = le(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, members.length],
    [2, members.length],
    [4, entries.length],
    [4, offset],
    [2, 0],
  );
  return Buffer.concat([...bodies, entries, end]);
}

/** A wheel that pip accepts: the members and the metadata that the format wants. */
export function makeWheel(
  name: string,
  version: string,
  members: readonly ZipMember[],
): { readonly fileName: string; readonly content: Buffer } {
  const stem = `${name.replaceAll('-', '_')}-${version}`;
  const info = `${stem}.dist-info`;
  const metadata = [
    { name: `${info}/METADATA`, content: Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`) },
    {
      name: `${info}/WHEEL`,
      content: Buffer.from('Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    },
    { name: `${info}/RECORD`, content: Buffer.from('') },
  ];
  return { fileName: `${stem}-py3-none-any.whl`, content: makeZip([...members, ...metadata]) };
}
