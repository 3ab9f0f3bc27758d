import { writeFileSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateAll, plainRequest } from '../../test/conformance/engine-requests.ts';
import { modelSpec } from '../../test/setup/model-spec.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { smallModel } from '../../test/setup/small-models.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { createLlamaEngine } from '../engines/llama-cpp/llama-engine.ts';
import { fileTypeName } from '../gguf/file-type.ts';
import { readGgufHeader } from '../gguf/gguf-header.ts';
import { provenanceOf } from '../gguf/provenance.ts';
import { quantizeModel, type QuantizedModel, type QuantizeModelOptions } from './quantize-model.ts';

const small = await smallModel('smollm2-135m-instruct');
const smallSha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

async function quantized(
  folder: string,
  to: readonly string[],
  more: Partial<QuantizeModelOptions> & { readonly onNote?: (note: string) => void } = {},
): Promise<readonly QuantizedModel[]> {
  const { onNote, ...options } = more;
  const context = { settings: testSettings(folder), workingFolder: folder, onPull: undefined, onNote };
  const signal = new AbortController().signal;
  return Array.fromAsync(quantizeModel(small, context, { to, folder, signal, threads: 1, ...options }));
}

describe('quantizeModel', () => {
  it('makes files that say what they were made from, and answer', async () => {
    await using folder = await testFolder();
    const notes: string[] = [];
    const tensors: number[] = [];
    const files = await quantized(folder.path, ['q8_0', 'q2_k', 'Q8_0'], {
      onNote: (note) => notes.push(note),
      onTensor: (_file, tensor) => tensors.push(tensor),
    });
    expect(files.map(({ path }) => basename(path))).toEqual([
      'SmolLM2-135M-Instruct.Q8_0.gguf',
      'SmolLM2-135M-Instruct.Q2_K.gguf',
    ]);
    expect(notes).toEqual([expect.stringMatching(/is quantised already \(Q4_1\)/)]);
    expect(tensors).toHaveLength(2 * 272);
    expect(files.map(({ bitsPerWeight }) => bitsPerWeight.toFixed(2))).toEqual(['8.51', '5.14']);
    // Rows of 576 don't divide into blocks of 256, so most of Q2_K is something larger, which has to be said.
    expect(files.map(({ fallback }) => fallback?.tensors)).toEqual([0, 180]);
    for (const { path, quantisation, bytes } of files) {
      const header = await readGgufHeader(path);
      expect(fileTypeName(header.values.get('general.file_type'))).toBe(quantisation);
      expect(provenanceOf(header)).toMatchObject({ fromType: 'Q4_1', fromSha256: smallSha256 });
      expect(bytes).toBeGreaterThan(header.weightsBytes);
    }
    const spec = modelSpec({ name: 'm', engine: 'llama', file: files[0]?.path });
    await using model = await createLlamaEngine().open(spec, { threads: 1 }, new AbortController().signal);
    const answers = await generateAll(model, [plainRequest('a', 'The capital of France is', { maxTokens: 4 })], {
      concurrency: 1,
    });
    expect(answers.get('a')?.text).toContain('Paris');
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves what it made before, and refuses what others made', async () => {
    await using folder = await testFolder();
    await quantized(folder.path, ['q4_0']);
    expect((await quantized(folder.path, ['q4_0']))[0]).toMatchObject({ isMade: false, quantisation: 'Q4_0' });
    const other = join(folder.path, 'SmolLM2-135M-Instruct.Q5_0.gguf');
    await copyFile(small, other);
    await expect(quantized(folder.path, ['q5_0'])).rejects.toMatchObject({
      message: `${other} is there already, and wasn't made from this model`,
    });
    expect((await quantized(folder.path, ['q5_0'], { isForced: true }))[0]).toMatchObject({ isMade: true });
  });

  it('leaves nothing behind when it is stopped', async () => {
    await using folder = await testFolder();
    const stop = new AbortController();
    const onTensor = (_file: string, tensor: number): void => {
      if (tensor === 40) stop.abort(new Error('stopped'));
    };
    await expect(quantized(folder.path, ['q4_k_m'], { onTensor, signal: stop.signal })).rejects.toMatchObject({
      message: 'stopped',
    });
    expect((await readdir(folder.path)).filter((name) => name.includes('.gguf'))).toEqual([]);
  });

  it('says before it starts that the disk is too small', async (context) => {
    await using disk = await smallDisk(20 * 2 ** 20);
    if (disk === undefined) return context.skip('this user may not mount a file system');
    const made = quantized(disk.path, ['q8_0', 'q4_0'], { folder: join(disk.path, 'out') });
    await expect(made).rejects.toMatchObject({
      message: expect.stringMatching(
        /^not enough disk space for .*out\/SmolLM2-135M-Instruct\.Q8_0\.gguf, SmolLM2-135M-Instruct\.Q4_0\.gguf: needs 22\d\.\d MiB more/,
      ),
    });
  });

  it('says that the disk filled up on the way', async (context) => {
    await using disk = await smallDisk(150 * 2 ** 20);
    if (disk === undefined) return context.skip('this user may not mount a file system');
    const onTensor = (_file: string, tensor: number): void => {
      if (tensor === 40) writeFileSync(join(disk.path, 'other'), Buffer.alloc(60 * 2 ** 20));
    };
    await expect(quantized(disk.path, ['q8_0'], { onTensor })).rejects.toMatchObject({
      name: 'EnvironmentError',
      message: expect.stringMatching(/^disk full while writing .*SmolLM2-135M-Instruct\.Q8_0\.gguf: 0 bytes free/),
      hint: expect.stringContaining('--out'),
    });
    expect(await readdir(disk.path)).not.toContainEqual(expect.stringContaining('.part'));
  });

  it('never replaces the base, by whatever name', async () => {
    await using folder = await testFolder();
    const real = join(folder.path, 'real');
    await mkdir(real);
    const base = join(real, 'base-q4_1.gguf');
    await copyFile(small, base);
    await symlink(real, join(folder.path, 'linked'));
    await mkdir(join(folder.path, 'hard'));
    await link(base, join(folder.path, 'hard', 'base-q4_1.gguf'));
    for (const out of ['linked', 'hard', 'real']) {
      const argv = ['quantize', base, '--to', 'q4_1', '--out', out, '--force'];
      expect(await runInProcess(argv, { folder: folder.path })).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/base-q4_1\.gguf is the base itself, and Q4_1 already/),
      });
    }
    expect((await readFile(base)).equals(await readFile(small))).toBe(true);
  });
});

describe('perbench quantize', () => {
  it.each([
    [['quantize', small], 2, /^error: quantize: --to is missing\n/m],
    [['quantize', small, '--to', 'q4_k_mm'], 2, /^error: unknown quantisation "q4_k_mm" \(did you mean q4_k_m\?\)\n/m],
    [['quantize', './damaged.gguf', '--to', 'q8_0'], 5, /^error: .*damaged\.gguf is not a GGUF file: .*\n/m],
    [
      ['quantize', 'http://127.0.0.1:9/v1', '--to', 'q8_0'],
      2,
      /is a model of the engine openai: only GGUF files can be/,
    ],
    [
      ['quantize', 'folder', '--to', 'q8_0'],
      2,
      /^error: folder is a folder, and no model of the catalogue has that name$/m,
    ],
    [['quantize', './none.gguf', '--to', 'q8_0'], 5, /^error: no such file: .*\n/m],
    [['quantize', small, '--to', 'q4_1', '--out', '.'], 0, /quantised already/],
    [['quantize', small, '--to', 'q8_0', '--out', 'damaged.gguf/in'], 5, /^hint: .*name another folder with --out\.$/m],
  ])('%j ends with %d', async (argv, code, stderr) => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'damaged.gguf'), 'not a model');
    await mkdir(join(folder.path, 'folder'));
    expect(await runInProcess(argv, { folder: folder.path })).toMatchObject({
      code,
      stderr: expect.stringMatching(stderr),
    });
  });
});
