import { describe, expect, it } from 'vitest';
import { proxyFor, proxySettings } from './proxy.ts';

const proxied = (url: string, environment: Readonly<Record<string, string>>): string | undefined =>
  proxyFor(url, proxySettings(environment))?.href;

describe('the proxy for an address', () => {
  const all = { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://s:2' };

  it.each([
    ['http://h/v1', all, 'http://p:1/'],
    ['https://h/v1', all, 'http://s:2/'],
    ['http://h/v1', { ...all, http_proxy: 'lower:3' }, 'http://lower:3/'],
    ['http://h/v1', { ...all, http_proxy: '' }, undefined],
    ['https://h/v1', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://h/v1', { ALL_PROXY: 'http://a:4', HTTP_PROXY: 'http://p:1' }, 'http://a:4/'],
    ['http://h/v1', { all_proxy: 'socks5://a:4' }, 'socks5://a:4'],
    ['http://h/v1', {}, undefined],
    ['http://localhost:8000/v1', all, undefined],
    ['http://127.0.0.9/v1', all, undefined],
    ['http://[::1]:8000/v1', all, undefined],
    ['http://localhost.example/v1', all, 'http://p:1/'],
  ])('%s with %j is %s', (url, environment, proxy) => {
    expect(proxied(url, environment as Record<string, string>)).toBe(proxy);
  });

  it.each([
    ['h', true],
    ['other, h', true],
    ['other h:80', true],
    ['h:81', false],
    ['*', true],
    ['example', false],
    ['', false],
    ['.h', true],
    ['*.h', false],
  ])('http://h/ is excepted by NO_PROXY=%j: %s', (none, isExcepted) => {
    expect(proxied('http://h/', { ...all, NO_PROXY: none }) === undefined).toBe(isExcepted);
  });

  it.each([
    ['corp.example', true],
    ['.corp.example', true],
    ['*.corp.example', true],
    ['CORP.example:8000', true],
    ['xcorp.example', false],
    ['10.0.0.1', false],
  ])('http://gpu.corp.example:8000/ is excepted by no_proxy=%j: %s', (none, isExcepted) => {
    expect(proxied('http://gpu.corp.example:8000/', { ...all, no_proxy: none }) === undefined).toBe(isExcepted);
  });

  it.each([
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://10.1.2.3/', 'h, 10.1.2.0/24', true],
    ['http://10.1.3.3/', '10.1.2.0/24', false],
    ['http://10.1.2.3/', '0.0.0.0/0', true],
    ['http://10.1.2.3/', '10.0.0.0/33', false],
    ['http://10.1.2.3/', '10.0.0.0/x', false],
    ['http://[fd00::5]:8000/', 'fd00::/8', true],
    ['http://[fe00::5]:8000/', 'fd00::/8', false],
    ['http://h/', '10.0.0.0/8', false],
  ])('%s is excepted by the range %j: %s', (url, none, isExcepted) => {
    expect(proxied(url, { ...all, NO_PROXY: none }) === undefined).toBe(isExcepted);
  });

  it('excepts addresses of either version', () => {
    expect(proxied('http://[2001:db8::1]:8000/', { ...all, NO_PROXY: '2001:db8::1' })).toBeUndefined();
    expect(proxied('http://[2001:db8::1]:8000/', { ...all, NO_PROXY: '[2001:db8::1]:8000' })).toBeUndefined();
    expect(proxied('http://10.1.2.3/', { ...all, NO_PROXY: '10.1.2.3' })).toBeUndefined();
  });

  it('is refused where it is none, without its password', () => {
    const act = (): unknown => proxied('http://h/', { HTTP_PROXY: 'ftp://me:s3cret@p:1' });
    expect(act).toThrow('the proxy for http://h is no address: ftp://p:1');
    expect(() => proxied('http://h/', { ALL_PROXY: '://pw-1234' })).toThrow(/^the proxy for http:\/\/h is no address$/);
  });
});
