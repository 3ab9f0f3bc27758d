import { expect, it } from 'vitest';
import { EngineError } from '../../core/errors.ts';
import { networkError } from './server-reply.ts';

const url = 'https://models.example/v1';

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

it.each([
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND modles.example', /^Check the host/],
  ['CERT_HAS_EXPIRED', 'certificate has expired', /^Check the certificate/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', /^Check the certificate/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', /^Check the certificate/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP doesn't match", /^Check the certificate/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', /start the address with http:/],
  ['EMFILE', 'connect EMFILE 127.0.0.1:8000 - Local', /ulimit -n/],
  ['EADDRNOTAVAIL', 'connect EADDRNOTAVAIL 127.0.0.1:8000', /no port left/],
  ['ESOMETHING', 'something', /^Check the address/],
])('says in one line what is wrong with the network: %s', (code, message, hint) => {
  expect(networkError(coded(code, `${message}:\n    at somewhere`), url)).toMatchObject({
    code: 'PB_SERVER',
    message: `${url}: no connection (${code}): ${message}`,
    hint: expect.stringMatching(hint),
  });
});

it('says that a proxy speaks another protocol, without the words of OpenSSL', () => {
  const error = coded(
    'ERR_SSL_WRONG_VERSION_NUMBER',
    '804B:error:0A00010B:SSL routines:../deps/openssl/ssl3_record.c:354',
  );
  expect(networkError(error, url, new URL('https://user:pass@proxy.example:3128'))).toMatchObject({
    message: `${url}: the proxy https://proxy.example:3128 does not speak https (ERR_SSL_WRONG_VERSION_NUMBER)`,
    hint: expect.stringContaining('HTTP_PROXY'),
  });
});

it('leaves bugs and known errors as they are', () => {
  expect(networkError(new Error('no code'), url)).toBeUndefined();
  expect(networkError(Object.assign(new TypeError('wrong'), { code: 'ERR_INVALID_ARG_TYPE' }), url)).toBeUndefined();
  expect(networkError(new EngineError('known'), url)).toBeUndefined();
});
