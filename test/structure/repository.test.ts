import { describe, expect, it } from 'vitest';
import { readRepositoryFile, repositoryFileBytes, repositoryFiles } from './repository-files.ts';

const files = repositoryFiles();
const textFiles = files.filter((path) =>
  /\.(ts|cjs|js|json|jsonl|md|ya?ml|html|css|csv|txt)$|\/run$|^\.[a-z]+rc$/.test(path),
);
const codeFiles = files.filter((path) => /\.(ts|cjs)$/.test(path));
const testFiles = codeFiles.filter((path) => /\.test(-d)?\.ts$/.test(path));

// Written in pieces, so that this file doesn't hold what it looks for.
const machinePaths = [
  ['/wo', 'rk/'],
  ['/tmp', '/w/'],
  ['/ro', 'ot/'],
];
const registryHosts = [
  ['pypi', '\\.org'],
  ['python', 'hosted', '\\.org'],
  ['npmjs', '\\.(org|com)'],
  ['npmmirror', '\\.com'],
];
const makingOf = [
  ['clau', 'de'],
  ['anthro', 'pic'],
  ['sub-?', 'agents?'],
  ['(this|another|earlier) ', 'session'],
  ['help', 'ers?\\.md'],
  ['shared/', '(design|style|stack|protocols|statistics|measuring|scale)\\.md'],
  ['\\(?issue ', '#?\\d'],
  ['colle', 'ague'],
];

/** `path:line: text` of every line that matches. */
function findLines(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    readRepositoryFile(path)
      .split('\n')
      .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, place }) => `${place}: ${line.trim().slice(0, 120)}`),
  );
}

function anyOf(pieces: readonly (readonly string[])[]): RegExp {
  return new RegExp(pieces.map((parts) => parts.join('')).join('|'), 'i');
}

describe('what no file may hold', () => {
  it('finds files to look at', () => {
    expect(textFiles).toEqual(expect.arrayContaining(['package.json', 'src/core/task.ts', '.ci/run', '.npmrc']));
  });

  it('a planted line is found', () => {
    expect(anyOf(machinePaths).test(`cat ${['/wo', 'rk/main'].join('')}`)).toBe(true);
    expect(anyOf(registryHosts).test(`https://${['pypi', '.org'].join('')}/simple`)).toBe(true);
    expect(anyOf(makingOf).test(`see ${['issue', ' 3'].join('')}`)).toBe(true);
    expect(findLines(['test/structure/repository.test.ts'], /^import \{ describe/)).toHaveLength(1);
  });

  it.each([
    { what: 'a path of one machine', pattern: anyOf(machinePaths) },
    { what: "a registry's host", pattern: anyOf(registryHosts) },
    { what: 'words about how it was made', pattern: anyOf(makingOf) },
  ])('$what', ({ pattern }) => {
    expect(findLines(textFiles, pattern)).toEqual([]);
  });

  it('a switched-off rule', () => {
    expect(findLines(codeFiles, anyOf([['(oxlint|eslint)', '-disable']]))).toEqual([]);
  });

  it('a test that is switched off or on by hand', () => {
    expect(
      findLines(testFiles, anyOf([['\\b(it|test|describe|suite)\\.', '(skip|only|todo|fails)\\b(?!If)']])),
    ).toEqual([]);
  });

  it('a module path that only works from source', () => {
    expect(findLines(codeFiles, anyOf([['new URL\\(', '[\'"`]\\.[^\'"`]*\\.ts[\'"`]']]))).toEqual([]);
  });
});

describe('files', () => {
  it('get their names in one place, which syncs them', () => {
    const sources = codeFiles.filter((path) => path.startsWith('src/') && !testFiles.includes(path));
    const places = findLines(sources, /\brename(Sync)?\(/).map((place) => place.replace(/:.*/, ''));
    expect(new Set(places)).toEqual(new Set(['src/files/replace-file.ts']));
  });

  it('are named after what they hold', () => {
    const vague = /(^|\/)(utils?|helpers?|common|types?|misc|lib|shared|constants|interfaces)(\.ts|\/)/;
    expect(files.filter((path) => vague.test(path))).toEqual([]);
  });

  it('no index.ts but the package and the registries', () => {
    const indexes = files.filter((path) => /(^|\/)index\.ts$/.test(path));
    const isAllowed = (path: string): boolean =>
      /^src\/((tasks|metrics|engines|store|present|launchers)\/)?index\.ts$/.test(path);
    expect(indexes.filter((path) => !isAllowed(path))).toEqual([]);
  });

  it('no models, no data sets, nothing large', () => {
    // A few rows of our own, in the format of the hub.
    const ours = /^test\/golden\/datasets\//;
    const binaries = files.filter((path) => /\.(gguf|safetensors|parquet|arrow|sqlite|db|node|so)$/.test(path));
    expect(binaries.filter((path) => !ours.test(path))).toEqual([]);
    expect(files.filter((path) => repositoryFileBytes(path) > 300_000)).toEqual([]);
  });
});

describe('dependencies', () => {
  const manifest = JSON.parse(readRepositoryFile('package.json')) as Readonly<
    Record<string, Readonly<Record<string, string>>>
  >;
  const lock = JSON.parse(readRepositoryFile('package-lock.json')) as {
    readonly packages: Readonly<
      Record<
        string,
        { readonly version?: string; readonly resolved?: string; readonly integrity?: string; readonly link?: boolean }
      >
    >;
  };
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies'];
  /** A package in a folder here is as pinned as what it depends on. */
  const folders = Object.entries(lock.packages).filter(([, { link }]) => link === true);
  const local = folders.map(([, { resolved = '' }]) => resolved);
  const manifests = [
    manifest,
    ...local.map((folder) => JSON.parse(readRepositoryFile(`${folder}/package.json`)) as typeof manifest),
  ];
  const pinned = manifests
    .flatMap((each) => groups.flatMap((group) => Object.entries(each[group] ?? {})))
    .filter(([, version]) => !local.includes(version.replace(/^file:/, '')));

  it('are pinned exactly', () => {
    expect(pinned.length).toBeGreaterThan(10);
    expect(pinned.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('are locked as they are pinned', () => {
    expect(pinned.filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
  });

  it('are locked by content, not by place', () => {
    expect(local.every((folder) => files.some((path) => path.startsWith(`${folder}/`)))).toBe(true);
    const entries = Object.entries(lock.packages).filter(
      ([path, { link }]) => path !== '' && link !== true && !local.includes(path),
    );
    expect(entries.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    expect(entries.filter(([, entry]) => entry.integrity === undefined)).toEqual([]);
  });
});

describe('folders', () => {
  const recursive = /\bmkdir(?:Sync)?\((?:[^()]|\([^()]*\))*\brecursive\b/;
  const sources = codeFiles.filter((path) => path.startsWith('src/') && !testFiles.includes(path));

  it('are made by makeFolder: mkdir tries for ever where a parent says that it is not there', () => {
    expect(sources.filter((path) => recursive.test(readRepositoryFile(path)))).toEqual([]);
  });

  it.each(['await mkdir(dirname(path), { recursive: true })', 'mkdirSync(\n  folder,\n  { mode: 0, recursive },\n)'])(
    'a planted call is found: %s',
    (text) => {
      expect(recursive.test(text)).toBe(true);
    },
  );
});
