import { execFileSync } from 'node:child_process';
import { appendFileSync, statSync } from 'node:fs';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HubServer, startHubServer } from '../../test/setup/hub-server.ts';
import { ggufBytes, sha256Of } from '../../test/setup/make-gguf.ts';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { DownloadError, EnvironmentError } from '../core/errors.ts';
import { type Download, downloadFile } from './download-file.ts';
import { openHttpClient } from './http-client.ts';
import type { PullProgress } from './pull.ts';

const content = ggufBytes(300_000, 'download');
const sha256 = sha256Of(content);
const servedFile = { repo: 'o/r', path: 'f.gguf', content };

function download(hub: HubServer, folder: string, changes: Partial<Download> = {}): Download {
  return {
    url: `${hub.storeOrigin}/${sha256}?signature=secret`,
    target: join(folder, 'f.gguf'),
    file: 'f.gguf',
    sha256,
    bytes: content.length,
    ...changes,
  };
}

/** Whether the part in this folder has exactly so many bytes. */
const keptIn =
  (folder: string) =>
  (bytes: number): boolean =>
    (statSync(join(folder, 'f.gguf.incomplete'), { throwIfNoEntry: false })?.size ?? 0) === bytes;

async function fetchFile(
  wanted: Download,
  folder: string,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: PullProgress) => void } = {},
): Promise<unknown> {
  const settings = testSettings(folder);
  await using http = openHttpClient(settings);
  return await downloadFile(wanted, { ...options, settings, http });
}

describe('downloadFile', () => {
  it('fetches, checks and names a file, and tells how far it is', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const seen: PullProgress[] = [];
    const wanted = download(hub, folder.path);
    expect(await fetchFile(wanted, folder.path, { onProgress: (progress) => seen.push(progress) })).toEqual({
      path: wanted.target,
      sha256,
      bytes: content.length,
    });
    expect(await readFile(wanted.target)).toEqual(content);
    expect(await readdir(folder.path)).toEqual(['f.gguf']);
    expect(seen.at(-1)).toEqual({
      phase: 'download',
      file: 'f.gguf',
      bytesDone: content.length,
      bytesTotal: content.length,
    });
    expect(seen.every(({ bytesDone }, index) => index === 0 || bytesDone > (seen[index - 1]?.bytesDone ?? 0))).toBe(
      true,
    );
  });

  it('goes on after cuts in the middle of the body', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.cutAfterBytes = [100_000, 50_000, 0];
    hub.faults.hasKept = keptIn(folder.path);
    const wanted = download(hub, folder.path);
    await fetchFile(wanted, folder.path);
    expect(await readFile(wanted.target)).toEqual(content);
    const ranges = hub.seen.map(({ range }) => Number(/\d+/.exec(range ?? '0')));
    expect(ranges).toHaveLength(4);
    expect(ranges[0]).toBe(0);
    // What the cut left is where the next one starts; cutting nothing off loses nothing.
    expect(ranges[1]).toBeGreaterThan(0);
    expect(ranges[2]).toBeGreaterThan(ranges[1] ?? Infinity);
    expect(ranges[3]).toBe(ranges[2]);
    expect(hub.seen[1]?.ifRange).toMatch(/^"[0-9a-f]{32}"$/);
  });

  it('gives up when nothing more comes, keeps the part, and the next call goes on from there', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.cutAfterBytes = [100_000, 0, 0, 0, 0];
    hub.faults.hasKept = keptIn(folder.path);
    const wanted = download(hub, folder.path);
    await expect(fetchFile(wanted, folder.path)).rejects.toThrow(
      /^f\.gguf: .*; gave up after 3 attempts; [\d.]+ KiB downloaded so far are kept$/,
    );
    const part = await readFile(`${wanted.target}.incomplete`);
    expect(part.length).toBeGreaterThan(0);
    expect(content.subarray(0, part.length)).toEqual(part);
    hub.faults.cutAfterBytes = [];
    hub.seen.length = 0;
    await fetchFile(wanted, folder.path);
    expect(hub.seen.map(({ range }) => range)).toEqual([`bytes=${part.length}-`]);
    expect(await readFile(wanted.target)).toEqual(content);
  });

  it('starts over where the server knows no ranges', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.ignoresRanges = true;
    hub.faults.cutAfterBytes = [120_000, 1_000];
    hub.faults.hasKept = keptIn(folder.path);
    const wanted = download(hub, folder.path);
    await fetchFile(wanted, folder.path);
    expect(await readFile(wanted.target)).toEqual(content);
  });

  it('starts over where the file has changed since the part was fetched', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const wanted = download(hub, folder.path, { sha256: undefined });
    await writeFile(`${wanted.target}.incomplete`, 'the start of an older file');
    await writeFile(`${wanted.target}.incomplete.json`, JSON.stringify({ etag: '"older"' }));
    await fetchFile(wanted, folder.path);
    expect(hub.seen[0]).toMatchObject({ range: 'bytes=26-', ifRange: '"older"' });
    expect(await readFile(wanted.target)).toEqual(content);
  });

  it('does not go on with a part that nothing could check', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const wanted = download(hub, folder.path, { sha256: undefined });
    await writeFile(`${wanted.target}.incomplete`, 'of unknown origin');
    await fetchFile(wanted, folder.path);
    expect(hub.seen[0]?.range).toBeUndefined();
    expect(await readFile(wanted.target)).toEqual(content);
  });

  it('uses a part that is already whole without asking for bytes', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const wanted = download(hub, folder.path);
    await writeFile(`${wanted.target}.incomplete`, content);
    await fetchFile(wanted, folder.path);
    expect(hub.seen).toEqual([]);
    expect(await readFile(wanted.target)).toEqual(content);
  });

  it('refuses a wrong checksum and deletes what came', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.isCorrupt = true;
    const failure = fetchFile(download(hub, folder.path), folder.path);
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(
      new RegExp(`^f\\.gguf: sha256 is [0-9a-f]{64}, expected ${sha256}; the download was deleted$`),
    );
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('finds a damaged start of a resumed part by its checksum', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const wanted = download(hub, folder.path);
    await writeFile(`${wanted.target}.incomplete`, Buffer.alloc(1000));
    await expect(fetchFile(wanted, folder.path)).rejects.toThrow(/sha256 is/);
    await fetchFile(wanted, folder.path);
    expect(await readFile(wanted.target)).toEqual(content);
  });

  it('refuses a web page in place of the file', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.sendsPage = true;
    await expect(fetchFile(download(hub, folder.path), folder.path)).rejects.toThrow(
      /returned a web page instead of the file/,
    );
    expect(hub.seen).toHaveLength(1);
    expect(await readFile(join(folder.path, 'f.gguf.incomplete'))).toHaveLength(0);
  });

  it.each([
    [
      'of unknown size',
      undefined,
      /^f\.gguf: no end after .*, and its server doesn't say how long it is; what came was/,
    ],
    ['of a known size', 300_000, /^f\.gguf: received more than 300000 bytes$/],
  ])('ends a download without end %s, and keeps nothing of it', async (_, bytes, message) => {
    const server = createServer((_request, response) => {
      const more = (): boolean => response.write(Buffer.alloc(65_536)) && more();
      response.on('drain', more);
      more();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await using folder = await testFolder();
    const { port } = server.address() as AddressInfo;
    const wanted = { url: `http://127.0.0.1:${port}/`, target: join(folder.path, 'f.gguf'), file: 'f.gguf' };
    await expect(fetchFile({ ...wanted, sha256: undefined, bytes }, folder.path)).rejects.toThrow(message);
    expect(statSync(`${wanted.target}.incomplete`).size).toBe(0);
    server.close().closeAllConnections();
  });

  it.each([
    ['a link', async (path: string, other: string) => symlink(other, path)],
    ['a pipe', async (path: string) => void execFileSync('mkfifo', [path])],
  ])('writes into no %s that lies in the place of the part', async (_, place) => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const wanted = download(hub, folder.path);
    const other = join(folder.path, 'mine');
    await writeFile(other, 'mine');
    await place(`${wanted.target}.incomplete`, other);
    await expect(fetchFile(wanted, folder.path)).rejects.toThrow(EnvironmentError);
    expect(await readFile(other, 'utf8')).toBe('mine');
  });

  it('refuses a file of another size before fetching it', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    await expect(fetchFile(download(hub, folder.path, { bytes: 5 }), folder.path)).rejects.toThrow(
      /has 300000 bytes, expected 5$/,
    );
  });

  it('notices a body that ends early without a stated length', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.isChunked = true;
    hub.faults.cutAfterBytes = [10_000];
    const wanted = download(hub, folder.path);
    await fetchFile(wanted, folder.path);
    expect(await readFile(wanted.target)).toEqual(content);
    expect(hub.seen).toHaveLength(2);
  });

  it('tries again after 429 and 503, and after a body that stalls, never after 404', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.statuses = [429, 503];
    const wanted = download(hub, folder.path);
    const notes: string[] = [];
    await fetchFile(wanted, folder.path, { onProgress: ({ note }) => note !== undefined && notes.push(note) });
    expect(notes).toEqual([`HTTP 429 from ${hub.storeOrigin}/${sha256}`, `HTTP 503 from ${hub.storeOrigin}/${sha256}`]);
    hub.faults.statuses = [404, 404];
    hub.seen.length = 0;
    await expect(
      fetchFile(download(hub, folder.path, { target: join(folder.path, 'g') }), folder.path),
    ).rejects.toThrow(`f.gguf: HTTP 404 from ${hub.storeOrigin}/${sha256}`);
    expect(hub.seen).toHaveLength(1);
  });

  it('cuts a transfer that brings nothing more, and says so', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.stallAfterBytes = 1000;
    const { network, ...rest } = testSettings(folder.path);
    const settings = { ...rest, network: { ...network, idleMs: 200, attempts: 1 } };
    await using http = openHttpClient(settings);
    await expect(downloadFile(download(hub, folder.path), { settings, http })).rejects.toThrow(
      /Body Timeout|UND_ERR_BODY_TIMEOUT/i,
    );
  });

  it('stops when it is told to, and keeps the part', async () => {
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    hub.faults.stallAfterBytes = 60_000;
    const controller = new AbortController();
    const wanted = download(hub, folder.path);
    const failure = fetchFile(wanted, folder.path, {
      signal: controller.signal,
      onProgress: ({ bytesDone }) => bytesDone >= 60_000 && controller.abort(),
    });
    await expect(failure).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await readFile(`${wanted.target}.incomplete`)).toEqual(content.subarray(0, 60_000));
  });

  it('says in one line that a server cannot be reached', async () => {
    await using folder = await testFolder();
    const hub = await startHubServer([servedFile]);
    await hub[Symbol.asyncDispose]();
    await expect(fetchFile(download(hub, folder.path), folder.path)).rejects.toThrow(
      /^f\.gguf: connect ECONNREFUSED .*; gave up after 3 attempts; 0 bytes downloaded so far are kept$/,
    );
  });
});

describe('downloadFile on a full disk', () => {
  it('refuses before the first byte where the size is known', async (context) => {
    await using disk = await smallDisk(128 * 1024);
    if (disk === undefined) return context.skip('this user may not mount a file system');
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const failure = fetchFile(download(hub, disk.path), folder.path);
    await expect(failure).rejects.toThrow(EnvironmentError);
    await expect(failure).rejects.toThrow(
      /^not enough disk space for .*f\.gguf: needs 293\.0 KiB more, 12\d\.0 KiB free$/,
    );
  });

  it('says what is needed and free when the disk fills up on the way, and keeps the part', async (context) => {
    await using disk = await smallDisk(512 * 1024);
    if (disk === undefined) return context.skip('this user may not mount a file system');
    await using hub = await startHubServer([servedFile]);
    await using folder = await testFolder();
    const wanted = download(hub, disk.path);
    // Another program takes the rest of the disk meanwhile.
    const onProgress = (): void => {
      expect(() => {
        for (;;) appendFileSync(join(disk.path, 'another'), Buffer.alloc(4096));
      }).toThrow('ENOSPC');
    };
    const failure = fetchFile(wanted, folder.path, { onProgress });
    await expect(failure).rejects.toThrow(EnvironmentError);
    await expect(failure).rejects.toThrow(
      /^disk full while writing .*f\.gguf\.incomplete: needs .* more, 0 bytes free$/,
    );
    const part = await readFile(`${wanted.target}.incomplete`);
    expect(content.subarray(0, part.length)).toEqual(part);
    expect(await readdir(disk.path)).not.toContain('f.gguf');
  });
});
