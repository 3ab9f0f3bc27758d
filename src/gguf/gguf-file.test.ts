import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../test/setup/test-settings.ts';
import { requireGguf } from './gguf-file.ts';

async function check(content: Uint8Array): Promise<void> {
  await using folder = await testFolder();
  const path = join(folder.path, 'model.gguf');
  await writeFile(path, content);
  await requireGguf(path);
}

describe('requireGguf', () => {
  it.each([
    ['', 'an empty file'],
    ['PK\x03\x04rest', 'a zip archive or a PyTorch checkpoint'],
    ['  <!DOCTYPE html><html>', 'a web page'],
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:ab',
      'a Git LFS pointer: the file itself was never downloaded',
    ],
    ['\x10\x00\x00\x00\x00\x00\x00\x00{"__metadata__":{}}', 'a safetensors file'],
    ['{"a": 1}', 'JSON text'],
    ['tjgg\x01\x00\x00\x00', 'a GGML file, older than GGUF'],
    ['\0'.repeat(100), 'only zero bytes, as an unfinished download leaves'],
    ['GGUF', 'bytes 47475546'],
    ['abcdefgh', 'bytes 61626364'],
  ])('names what it found: %j', async (text, what) => {
    await expect(check(Buffer.from(text, 'latin1'))).rejects.toThrow(`is not a GGUF file: it is ${what}`);
  });

  it('says that a file is missing, or a folder', async () => {
    await using folder = await testFolder();
    await expect(requireGguf(join(folder.path, 'none.gguf'))).rejects.toThrow(`no such file: ${folder.path}/none.gguf`);
    await expect(requireGguf(folder.path)).rejects.toThrow('is a folder, expected a GGUF file');
  });
});
