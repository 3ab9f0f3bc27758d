import { describe, expect, it } from 'vitest';
import { createPlantedTree } from './planted-tree.ts';

interface TestRun {
  readonly exitCode: number;
  readonly output: string;
  readonly lastLine: string | undefined;
}

/** Runs `npm test` in a tree that holds nothing but the given test files. */
async function runTests(files: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<TestRun> {
  using tree = createPlantedTree([
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'scripts/test.ts',
    'test/setup/last-line-reporter.ts',
  ]);
  for (const [path, text] of Object.entries(files)) tree.write(path, text);
  const { exitCode, stdout } = await tree.run('scripts/test.ts', args);
  return { exitCode, output: stdout, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

const passing = "import { it } from 'vitest';\nit('passes', () => {});\n";

describe('npm test', () => {
  it('counts what passes', async () => {
    const run = await runTests({ 'src/a.test.ts': passing });
    expect(run).toMatchObject({ exitCode: 0, lastLine: '1 passed, 0 failed, 0 skipped' });
  });

  it('counts what fails', async () => {
    const failing = "import { expect, it } from 'vitest';\nit('fails', () => {\n  expect(1).toBe(2);\n});\n";
    const run = await runTests({ 'src/a.test.ts': passing, 'src/b.test.ts': failing });
    expect(run).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
  });

  it('shows what is skipped, and why', async () => {
    const skipping = "import { it } from 'vitest';\nit('needs a GPU', (context) => context.skip('no GPU here'));\n";
    const run = await runTests({ 'src/a.test.ts': passing, 'src/b.test.ts': skipping });
    expect(run).toMatchObject({ exitCode: 0, lastLine: '1 passed, 0 failed, 1 skipped' });
    expect(run.output).toContain('SKIPPED (1):\n  - src/b.test.ts > needs a GPU: no GPU here\n');
  });

  it('counts a file that cannot be imported as failed', async () => {
    const run = await runTests({ 'src/a.test.ts': passing, 'src/b.test.ts': "import './absent.ts';\n" });
    expect(run).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
    expect(run.output).toContain("src/b.test.ts: Cannot find module './absent.ts'");
  });

  it('counts a hook that fails as failed', async () => {
    const text =
      "import { beforeAll, describe, it } from 'vitest';\n" +
      "describe('group', () => {\n  beforeAll(() => {\n    throw new Error('no server');\n  });\n  it('x', () => {});\n});\n";
    const run = await runTests({ 'src/a.test.ts': text });
    expect(run.exitCode).toBe(1);
    expect(run.lastLine).toBe('0 passed, 1 failed, 1 skipped');
    expect(run.output).toContain('src/a.test.ts > group: no server');
  });

  it('counts what a dying worker leaves behind as failed', async () => {
    const text = "import { it } from 'vitest';\nit('dies', () => {\n  process.kill(process.pid, 'SIGKILL');\n});\n";
    const run = await runTests({ 'src/a.test.ts': passing, 'src/b.test.ts': text });
    expect(run.exitCode).toBe(1);
    expect(run.lastLine).toMatch(/^1 passed, [1-9]\d* failed, 0 skipped$/);
    expect(run.output).toContain('src/b.test.ts > dies: never ended');
  });

  it('counts an error that nobody caught as failed', async () => {
    const text = "import { it } from 'vitest';\nit('x', () => {\n  void Promise.reject(new Error('lost'));\n});\n";
    const run = await runTests({ 'src/a.test.ts': text });
    expect(run).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
    expect(run.output).toContain('not in a test: lost');
  });

  it('counts a runner that dies as failed', async () => {
    const text = "import { it } from 'vitest';\nit('x', () => {\n  process.kill(process.ppid, 'SIGKILL');\n});\n";
    const run = await runTests({ 'src/a.test.ts': text });
    expect(run).toMatchObject({ exitCode: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
    expect(run.output).toContain('the test runner died (SIGKILL)');
  });

  it('fails when nothing ran', async () => {
    const run = await runTests({ 'src/a.test.ts': passing }, ['src/other']);
    expect(run).toMatchObject({ exitCode: 1, lastLine: '0 passed, 0 failed, 0 skipped' });
  });

  it('runs only the paths that it is given', async () => {
    const run = await runTests({ 'src/a.test.ts': passing, 'src/b.test.ts': passing }, ['src/b']);
    expect(run).toMatchObject({ exitCode: 0, lastLine: '1 passed, 0 failed, 0 skipped' });
  });

  it('runs tests with real models too', async () => {
    const run = await runTests({ 'src/a.model.test.ts': passing, 'test/e2e/b.test.ts': passing });
    expect(run).toMatchObject({ exitCode: 0, lastLine: '2 passed, 0 failed, 0 skipped' });
  });

  it('fails when the set-up fails', async () => {
    const setup = "export function setup(): void {\n  throw new Error('no model to be had');\n}\n";
    const files = { 'test/setup/global-setup.ts': setup, 'src/a.test.ts': passing, 'src/a.model.test.ts': passing };
    const run = await runTests(files);
    expect(run).toMatchObject({ exitCode: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
    expect(run.output).toContain('none of 2 test files was run: the global set-up failed');
  });

  it('sees wrong types in type tests', async () => {
    const typeTest = (type: string): string =>
      `import { expectTypeOf, it } from 'vitest';\nit('x', () => {\n  expectTypeOf(1).toEqualTypeOf<${type}>();\n});\n`;
    const run = await runTests({
      'test/right.test-d.ts': typeTest('number'),
      'test/wrong.test-d.ts': typeTest('string'),
    });
    expect(run).toMatchObject({ exitCode: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
  });
});
