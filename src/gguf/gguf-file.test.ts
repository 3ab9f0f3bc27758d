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
    ['GGUF\x03\0\0\0\x01', 'the beginning of one, and ends before the header does'],
    ['abcdefgh', 'bytes 61626364'],
  ])('names what it found: %j', async (text, what) => {
    await expect(check(Buffer.from(text, 'latin1'))).rejects.toThrow(`is not a GGUF file: it is ${what}`);
  });

  it.each([
    ['version https://git-lfs.github.com/spec/v1', 'git lfs pull'],
    ['<html>', '/resolve/'],
    ['\x1f\x8bxx', 'Unpack it'],
    ['\x28\xb5\x2f\xfdxx', 'Unpack it'],
    ['\0'.repeat(40), 'Download it again'],
    ['', 'Download it again'],
    ['GGUF', 'Download it again'],
    ['PK\x03\x04', 'convert_hf_to_gguf.py'],
    ['\x80\x02ctorch', 'convert_hf_to_gguf.py'],
    ['\x70\0\0\0\x14\0\0\0blk.0.attn_q.weight', 'the language model itself'],
    ['algg\x01\0\0\0', 'the language model itself'],
  ])('says what to give instead of %j', async (text, hint) => {
    await expect(check(Buffer.from(text, 'latin1'))).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it.each([1, 2, 3])('tells a big-endian file of version %i from a damaged one', async (version) => {
    const file = Buffer.alloc(64);
    file.write('GGUF');
    file.writeUInt32BE(version, 4);
    await expect(check(file)).rejects.toThrow(/ is a big-endian GGUF file, made for machines such as IBM Z$/);
  });

  it('says that a file is missing, or a folder', async () => {
    await using folder = await testFolder();
    await expect(requireGguf(join(folder.path, 'none.gguf'))).rejects.toThrow(`no such file: ${folder.path}/none.gguf`);
    await expect(requireGguf(folder.path)).rejects.toThrow('is a folder, expected a GGUF file');
  });
});
