import { describe, expect, it } from 'vitest';
import { UsageError } from '../core/errors.ts';
import { sourceSettingsFrom } from './source-settings.ts';

describe('sourceSettingsFrom', () => {
  it('has defaults below the home folder', () => {
    expect(sourceSettingsFrom({}, '/home/me')).toMatchObject({
      cacheDir: '/home/me/.cache/perbench',
      hubCacheDir: '/home/me/.cache/huggingface/hub',
      hubEndpoint: 'https://huggingface.co',
      hubToken: undefined,
      hubTokenFile: '/home/me/.cache/huggingface/token',
      isOffline: false,
      pipCommand: ['python3', '-m', 'pip'],
      proxy: {},
    });
  });

  it('follows the variables of XDG, the hub and perbench', () => {
    const environment = {
      XDG_CACHE_HOME: '/c',
      HF_HOME: '/h',
      HF_ENDPOINT: 'https://mirror.example/',
      HF_TOKEN: ' hf_x ',
      PERBENCH_PIP: '/usr/bin/pip3 --quiet',
      https_proxy: 'http://proxy:1',
    };
    expect(sourceSettingsFrom(environment, '/home/me')).toMatchObject({
      cacheDir: '/c/perbench',
      hubCacheDir: '/h/hub',
      hubTokenFile: '/h/token',
      hubEndpoint: 'https://mirror.example',
      hubToken: 'hf_x',
      pipCommand: ['/usr/bin/pip3', '--quiet'],
      proxy: { https: 'http://proxy:1' },
    });
    expect(sourceSettingsFrom({ HF_HUB_CACHE: '/d', HF_HOME: '/h' }, '/').hubCacheDir).toBe('/d');
    expect(sourceSettingsFrom({ PERBENCH_PYTHON: 'py' }, '/').pipCommand).toEqual(['py', '-m', 'pip']);
    expect(sourceSettingsFrom({}, '/', {}, 'darwin').pipCommand[0]).toBe('python3');
    expect(sourceSettingsFrom({}, '/', {}, 'win32').pipCommand[0]).toBe('python');
  });

  it('ignores a relative XDG folder', () => {
    expect(sourceSettingsFrom({ XDG_CACHE_HOME: 'cache' }, '/home/me').cacheDir).toBe('/home/me/.cache/perbench');
  });

  it.each([[{ HF_HUB_OFFLINE: '1' }], [{ PERBENCH_OFFLINE: 'yes' }]])('is offline with %j', (environment) => {
    expect(sourceSettingsFrom(environment, '/').isOffline).toBe(true);
  });

  it('is offline by flag, and not by a variable that says no', () => {
    expect(sourceSettingsFrom({}, '/', { isOffline: true }).isOffline).toBe(true);
    expect(sourceSettingsFrom({ HF_HUB_OFFLINE: '0' }, '/').isOffline).toBe(false);
  });

  it('keeps secrets from child processes', () => {
    const { childEnvironment } = sourceSettingsFrom(
      { PATH: '/bin', HF_TOKEN: 'x', OPENAI_API_KEY: 'x', MY_SECRET: 'x', PIP_INDEX_URL: 'u' },
      '/',
    );
    expect(childEnvironment).toEqual({ PATH: '/bin', PIP_INDEX_URL: 'u' });
  });

  it('refuses an endpoint without encryption, this machine aside', () => {
    expect(() => sourceSettingsFrom({ HF_ENDPOINT: 'http://mirror.example' }, '/')).toThrow(UsageError);
    expect(() => sourceSettingsFrom({ HF_ENDPOINT: 'mirror' }, '/')).toThrow(
      'HF_ENDPOINT: expected an https URL, got "mirror"',
    );
    expect(sourceSettingsFrom({ HF_ENDPOINT: 'http://localhost:8080' }, '/').hubEndpoint).toBe('http://localhost:8080');
  });
});
