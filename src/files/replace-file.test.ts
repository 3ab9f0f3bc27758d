import * as nodeFiles from 'node:fs/promises';
import { chmod, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { type Disk, renameSynced, replaceFile, replaceLink } from './replace-file.ts';

/** The real disk, and what was asked of it that makes things last, in order. */
function watchedDisk(
  faults: {
    readonly file?: string;
    readonly folder?: string;
    readonly link?: string;
    readonly held?: readonly string[];
  } = {},
): Disk & { readonly calls: string[] } {
  const calls: string[] = [];
  const heldCodes = [...(faults.held ?? [])];
  return {
    calls,
    async open(...[path, flags, mode]: Parameters<Disk['open']>) {
      const handle = await nodeFiles.open(path, flags, mode);
      const what = flags === 'r' ? 'folder' : 'file';
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        const code = faults[what];
        if (code !== undefined) throw Object.assign(new Error(`${code}: fsync`), { code });
        calls.push(`sync ${what}`);
        await sync();
      };
      return handle;
    },
    async rename(from, to) {
      calls.push('rename');
      const code = heldCodes.shift();
      if (code !== undefined) throw Object.assign(new Error(`${code}: rename`), { code });
      await nodeFiles.rename(from, to);
    },
    async symlink(...words: Parameters<Disk['symlink']>) {
      if (faults.link !== undefined) throw Object.assign(new Error(`${faults.link}: symlink`), { code: faults.link });
      await nodeFiles.symlink(...words);
    },
  };
}

async function* pieces(): AsyncGenerator<string | Uint8Array> {
  yield 'a,b\n';
  await Promise.resolve();
  yield Buffer.from('1,2\n');
}

async function* fails(): AsyncGenerator<string> {
  yield 'half';
  await Promise.resolve();
  throw new RangeError('no row 2');
}

describe('replaceFile', () => {
  it('syncs the file before it gets its name, and the folder after', async () => {
    await using folder = await testFolder();
    const disk = watchedDisk();
    await replaceFile(join(folder.path, 'results.json'), '{}', disk);
    expect(disk.calls).toEqual(['sync file', 'rename', 'sync folder']);
  });

  it('writes text, bytes and streams, and leaves nothing beside', async () => {
    await using folder = await testFolder();
    const path = (name: string): string => join(folder.path, 'new', name);
    await replaceFile(path('text'), 'tëxt\n');
    await replaceFile(path('bytes'), Uint8Array.of(0, 255));
    await replaceFile(path('stream'), pieces());
    expect(await readFile(path('text'), 'utf8')).toBe('tëxt\n');
    expect(await readFile(path('bytes'))).toEqual(Buffer.of(0, 255));
    expect(await readFile(path('stream'), 'utf8')).toBe('a,b\n1,2\n');
    expect(await readdir(join(folder.path, 'new'))).toEqual(['bytes', 'stream', 'text']);
  });

  it('keeps the permissions of the file that was there, whatever the umask', async () => {
    await using folder = await testFolder();
    for (const mode of [0o600, 0o666]) {
      const path = join(folder.path, mode.toString(8));
      await writeFile(path, 'old');
      await chmod(path, mode);
      await replaceFile(path, 'new');
      expect((await stat(path)).mode & 0o777).toBe(mode);
      expect(await readFile(path, 'utf8')).toBe('new');
    }
  });

  it('keeps the old content where the new one ends in an error', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'rows.csv');
    await replaceFile(path, 'old');
    await expect(replaceFile(path, fails())).rejects.toThrow('no row 2');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder.path)).toEqual(['rows.csv']);
  });

  it('keeps the old content where the new one may not be on the disk', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'rows.csv');
    await replaceFile(path, 'old');
    const disk = watchedDisk({ file: 'EIO' });
    await expect(replaceFile(path, 'new', disk)).rejects.toThrow('EIO');
    expect(disk.calls).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder.path)).toEqual(['rows.csv']);
  });

  it('refuses a folder of that name and leaves it', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'results.json');
    await mkdir(path);
    await writeFile(join(path, 'mine'), 'kept');
    await expect(replaceFile(path, '{}')).rejects.toThrow('EISDIR');
    expect(await readdir(folder.path)).toEqual(['results.json']);
    expect(await readFile(join(path, 'mine'), 'utf8')).toBe('kept');
  });

  it('refuses a file where a folder is needed', async () => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'out'), 'mine');
    await expect(replaceFile(join(folder.path, 'out', 'results.json'), '{}')).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(await readFile(join(folder.path, 'out'), 'utf8')).toBe('mine');
  });

  it('keeps the old content on a full disk', async ({ skip }) => {
    await using disk = await smallDisk(64 * 1024);
    if (disk === undefined) return skip('this user may not mount a small disk');
    const path = join(disk.path, 'rows.csv');
    await replaceFile(path, 'old');
    await expect(replaceFile(path, Buffer.alloc(1024 * 1024))).rejects.toThrow('ENOSPC');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(disk.path)).toEqual(['rows.csv']);
  });

  it('lets two writers of one file each write it whole', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'record.json');
    const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
    await Promise.all(contents.map((content) => replaceFile(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder.path)).toEqual(['record.json']);
  });
});

describe('replaceLink', () => {
  it('sets a link anew and syncs its folder', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'snapshots', 'model.gguf');
    await replaceLink(path, '../blobs/1');
    const disk = watchedDisk();
    await replaceLink(path, '../blobs/2', disk);
    expect(await readlink(path)).toBe('../blobs/2');
    expect(disk.calls).toEqual(['rename', 'sync folder']);
    expect(await readdir(join(folder.path, 'snapshots'))).toEqual(['model.gguf']);
  });
});

it('makes a hard link where the system lets nobody make a symbolic one', async () => {
  await using folder = await testFolder();
  await mkdir(join(folder.path, 'blobs'));
  await writeFile(join(folder.path, 'blobs/1'), 'one');
  const path = join(folder.path, 'snapshots/a.txt');
  await replaceLink(path, '../blobs/1', watchedDisk({ link: 'EPERM' }));
  expect(await readFile(path, 'utf8')).toBe('one');
  expect((await stat(path)).ino).toBe((await stat(join(folder.path, 'blobs/1'))).ino);
  await replaceLink(join(folder.path, 'all'), 'blobs', watchedDisk({ link: 'EPERM' }));
  expect(await readdir(join(folder.path, 'all'))).toEqual(['1']);
  await expect(replaceLink(path, '../blobs/1', watchedDisk({ link: 'EIO' }))).rejects.toThrow('EIO');
});

describe('renameSynced', () => {
  it('syncs the folder that has the new name', async () => {
    await using folder = await testFolder();
    await writeFile(join(folder.path, 'part'), 'whole');
    const disk = watchedDisk();
    await renameSynced(join(folder.path, 'part'), join(folder.path, 'whole'), disk);
    expect(disk.calls).toEqual(['rename', 'sync folder']);
    expect(await readdir(folder.path)).toEqual(['whole']);
  });

  it('accepts a file system that syncs no folders, and no other failure', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'whole');
    await writeFile(path, 'whole');
    await expect(renameSynced(path, path, watchedDisk({ folder: 'EINVAL' }))).resolves.toBeUndefined();
    await expect(renameSynced(path, path, watchedDisk({ folder: 'EIO' }))).rejects.toThrow('EIO');
  });

  it('waits on Windows for whoever has the file open, and nowhere else', async () => {
    await using folder = await testFolder();
    const path = join(folder.path, 'whole');
    await writeFile(path, 'whole');
    const disk = watchedDisk({ held: ['EPERM', 'EBUSY'] });
    await renameSynced(path, path, disk, 'win32');
    expect(disk.calls).toEqual(['rename', 'rename', 'rename', 'sync folder']);
    await expect(renameSynced(path, path, watchedDisk({ held: ['ENOSPC'] }), 'win32')).rejects.toThrow('ENOSPC');
    await expect(renameSynced(path, path, watchedDisk({ held: ['EPERM'] }), 'linux')).rejects.toThrow('EPERM');
    const always = watchedDisk({ held: Array.from({ length: 9 }, () => 'EBUSY') });
    await expect(renameSynced(path, path, always, 'win32')).rejects.toThrow('EBUSY');
  });
});
