import { readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../test/setup/make-gguf.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { ModelError } from '../core/errors.ts';
import { computeSha256, fileSha256, forgetSha256, rememberedSha256 } from './file-sha256.ts';

const old = new Date(1_000_000_000_000);

describe('fileSha256', () => {
  it('reads an unchanged file once', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'f');
    await writeFile(path, 'one');
    let bytesRead = 0;
    const onProgress = ({ bytesDone }: { readonly bytesDone: number }): void => {
      bytesRead += bytesDone;
    };
    expect(await fileSha256(path, folder.path, { onProgress })).toBe(sha256Of(Buffer.from('one')));
    expect(await fileSha256(path, folder.path, { onProgress })).toBe(sha256Of(Buffer.from('one')));
    expect(bytesRead).toBe(3);
  });

  it('reads a file again when its size, time or inode is another one', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'f');
    const check = async (content: string): Promise<void> =>
      expect(await fileSha256(path, folder.path)).toBe(sha256Of(Buffer.from(content)));
    await writeFile(path, 'one');
    await utimes(path, old, old);
    await check('one');
    await writeFile(path, 'other');
    await utimes(path, old, old);
    await check('other');
    await writeFile(path, 'OTHER');
    await check('OTHER');
    await utimes(path, old, old);
    await check('OTHER');
    // As long, and set to the same time: only the time of the change tells.
    await writeFile(path, 'other');
    await utimes(path, old, old);
    await check('other');
    await writeFile(join(folder.path, 'g'), 'again');
    await utimes(join(folder.path, 'g'), old, old);
    await rename(join(folder.path, 'g'), path);
    await check('again');
  });

  it('forgets, and survives a damaged record', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'f');
    await writeFile(path, 'one');
    const sha256 = await fileSha256(path, folder.path);
    expect(await rememberedSha256(path, folder.path)).toBe(sha256);
    await forgetSha256(path, folder.path);
    expect(await rememberedSha256(path, folder.path)).toBeUndefined();
    await fileSha256(path, folder.path);
    const records = join(folder.path, 'checksums');
    for (const record of await readdir(records)) await writeFile(join(records, record), '{"path": ');
    expect(await rememberedSha256(path, folder.path)).toBeUndefined();
    expect(await fileSha256(path, folder.path)).toBe(sha256);
  });

  it('says that a file is missing', async () => {
    await using folder = await testFolder();
    await expect(fileSha256(join(folder.path, 'none'), folder.path)).rejects.toThrow(ModelError);
  });

  it('stops when it is told to', async () => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'f'), Buffer.alloc(5_000_000));
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(computeSha256(join(folder.path, 'f'), options)).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });
});
