import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startHubServer } from '../../test/setup/hub-server.ts';
import { ggufBytes, sha256Of } from '../../test/setup/make-gguf.ts';
import { testFolder, testSettings } from '../../test/setup/test-settings.ts';
import { pullModel } from './pull-model.ts';
import { resolveModel } from './resolve-model.ts';
import { parseModelRequest } from './model-request.ts';

const content = ggufBytes(50_000, 'url');
const sha256 = sha256Of(content);

describe('pullModel from an address', () => {
  it('fetches into the cache by checksum, once', async () => {
    await using hub = await startHubServer([{ repo: 'o/r', path: 'f', content }]);
    await using folder = await testFolder();
    const settings = testSettings(folder.path);
    const text = `${hub.storeOrigin}/${sha256}?key=secret#sha256=${sha256}`;
    expect(await resolveModel(parseModelRequest(text, '/'), settings)).toBeUndefined();
    const pulled = await pullModel(text, settings);
    expect(pulled).toMatchObject({
      sha256,
      bytes: content.length,
      isFetched: true,
      source: `${hub.storeOrigin}/${sha256}`,
    });
    expect(await pullModel(text, settings)).toEqual({ ...pulled, isFetched: false });
    expect(hub.seen).toHaveLength(1);
    // The same content from elsewhere is the same model.
    expect(await pullModel(`https://elsewhere.invalid/x.gguf#sha256=${sha256}`, settings)).toMatchObject({
      path: pulled.path,
      isFetched: false,
    });
  });

  it.each([
    ['http://example.invalid/f', /redirects to http:\/\/example\.invalid\/f: plain http is refused$/],
    ['/loop', /more than 10 redirects$/],
  ])('refuses a redirect to %s', async (location, message) => {
    const server = createServer((_, response) => response.writeHead(302, { location }).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using folder = await testFolder();
    const { port } = server.address() as AddressInfo;
    await expect(pullModel(`http://127.0.0.1:${port}/f#sha256=${sha256}`, testSettings(folder.path))).rejects.toThrow(
      message,
    );
    server.close();
  });
});
