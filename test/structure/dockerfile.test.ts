import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInContext, readCopy, readDockerfile } from '../../scripts/dockerfile.ts';

const root = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const ignored = read('.dockerignore');
const [build, image, ...more] = readDockerfile(read('Dockerfile'));
const stepsOf = (name: string): readonly string[] =>
  (image?.steps ?? []).filter((step) => step.name === name).map(({ text }) => text);
const copied = (from: string | undefined, stage = image): readonly string[] =>
  (stage?.steps ?? [])
    .filter(({ name }) => name === 'COPY')
    .map(readCopy)
    .filter((copy) => copy.from === from)
    .flatMap(({ sources }) => sources);

describe('the Dockerfile', () => {
  it('copies what is there, and what the context lets through', () => {
    expect(more).toEqual([]);
    const sources = copied(undefined, build);
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((source) => !existsSync(join(root, source)) || !isInContext(source, ignored))).toEqual([]);
    // Nothing of the project reaches the image but by the build.
    expect(copied(undefined)).toEqual([]);
  });

  it('ships what the npm package does, with its dependencies and the pinned Node', () => {
    const { files } = JSON.parse(read('package.json')) as { readonly files: readonly string[] };
    const shipped = files.filter((file) => !file.startsWith('!'));
    const wanted = [...shipped, 'package.json', 'node_modules'].map((name) => `/build/${name}`);
    expect(copied('build').toSorted()).toEqual([...wanted, '/usr/local/bin/node'].toSorted());
    const commands = build?.steps.map(({ text }) => text).join('\n');
    expect(commands).toMatch(/^npm ci /m);
    expect(commands).toMatch(/^install node_modules\/node-linux-\*\/bin\/node \/usr\/local\/bin\/node /m);
  });

  it('runs perbench, as nobody in particular, in a folder that is kept', () => {
    const user = stepsOf('USER')[0] ?? 'root';
    expect(stepsOf('RUN').join('\n')).toMatch(new RegExp(`^useradd --uid \\d+ .*\\b${user} && `));
    expect(stepsOf('ENTRYPOINT')).toEqual(['["perbench"]']);
    expect(stepsOf('VOLUME')).toEqual(stepsOf('WORKDIR'));
    expect(stepsOf('ENV')).toEqual([`XDG_CACHE_HOME=${stepsOf('WORKDIR')[0]}/cache`]);
  });
});

describe('.dockerignore', () => {
  it('leaves out tests, models, dependencies and the repository', () => {
    for (const path of ['src/index.ts', 'scripts/node-24/package.json', '.npmrc']) {
      expect([path, isInContext(path, ignored)]).toEqual([path, true]);
    }
    for (const path of ['src/core/retry.test.ts', 'src/small.gguf', 'node_modules/x/index.js', '.git/HEAD', '.env']) {
      expect([path, isInContext(path, ignored)]).toEqual([path, false]);
    }
  });
});

it('reads continued lines, comments and stages, and refuses what it does not know', () => {
  const text = 'FROM a AS b\n# no\nRUN x \\\n  y\n\nFROM c\nCOPY --from=b /p /q ./to/\n';
  expect(readDockerfile(text)).toEqual([
    { base: 'a', name: 'b', steps: [{ name: 'RUN', text: 'x    y' }] },
    { base: 'c', name: undefined, steps: [{ name: 'COPY', text: '--from=b /p /q ./to/' }] },
  ]);
  const step = { name: 'COPY', text: '--from=b /p /q ./to/' };
  expect(readCopy(step)).toEqual({ from: 'b', sources: ['/p', '/q'], target: './to/' });
  expect(() => readDockerfile('FROM a\nrun x\n')).toThrow('not understood: run x');
});
