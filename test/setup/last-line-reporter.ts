import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** What `scripts/test.ts` prints in the end. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Name and reason of each skipped test. */
  readonly skips: readonly string[];
  /** Failures that belong to no test: a file that can't be imported, a hook, a worker that died. */
  readonly faults: readonly string[];
  /** False while tests run: whoever reads it then knows that the runner died. */
  readonly isEnded: boolean;
}

/**
 * Counts tests into the file named by PERBENCH_TEST_COUNTS, so that the last line of `npm test` can be plain.
 *
 * What no test accounts for counts as failed: a file that can't be imported, a failing hook, a test that never ended,
 * an error nobody caught.
 */
export default class LastLineReporter implements Reporter {
  readonly #path = process.env['PERBENCH_TEST_COUNTS'];
  #passed = 0;
  #files = 0;

  onInit(): void {
    this.#write({ passed: 0, failed: 0, skipped: 0, skips: [], faults: [], isEnded: false });
  }

  onTestRunStart(files: readonly unknown[]): void {
    this.#files = files.length;
  }

  /** Keeps the file near the truth for the case that the runner is killed. */
  onTestModuleEnd(module: TestModule): void {
    for (const test of module.children.allTests('passed')) if (test.ok()) this.#passed += 1;
    this.#write({ passed: this.#passed, failed: 0, skipped: 0, skips: [], faults: [], isEnded: false });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    // The runner tells nobody that a global set-up failed, but then it runs nothing.
    const isSetUp = modules.length > 0 || this.#files === 0;
    const lost = isSetUp ? [] : [{ message: `none of ${this.#files} test files was run: the global set-up failed` }];
    this.#write(countTests(modules, [...unhandled, ...lost]));
  }

  #write(counts: TestCounts): void {
    if (this.#path !== undefined) writeFileSync(this.#path, JSON.stringify(counts));
  }
}

export function countTests(
  modules: readonly TestModule[],
  unhandled: readonly { readonly message: string }[],
): TestCounts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string): readonly TestCase[] => tests.filter((test) => test.result().state === state);
  const skipped = inState('skipped');
  const faults = [
    ...modules.flatMap(moduleFaults),
    ...inState('pending').map((test) => `${place(test)}: never ended`),
    ...unhandled.map((error) => `not in a test: ${firstLine(error.message)}`),
  ];
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + faults.length,
    skipped: skipped.length,
    skips: skipped.map((test) => `${place(test)}: ${skipReason(test)}`),
    faults,
    isEnded: true,
  };
}

function moduleFaults(module: TestModule): readonly string[] {
  const name = module.relativeModuleId;
  const own = module.errors().map((error) => `${name}: ${firstLine(error.message)}`);
  const suites = [...module.children.allSuites()].flatMap((suite) => suiteFaults(name, suite));
  const isLost = module.state() === 'queued' || module.state() === 'pending';
  return [...own, ...suites, ...(isLost ? [`${name}: never ended`] : [])];
}

function suiteFaults(name: string, suite: TestSuite): readonly string[] {
  return suite.errors().map((error) => `${name} > ${suite.fullName}: ${firstLine(error.message)}`);
}

function place(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function skipReason(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' ? result.note : undefined) ?? 'no reason given';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
