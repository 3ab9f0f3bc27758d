/**
 * Runs the tests and ends with one plain line: `N passed, N failed, N skipped`.
 *
 * Background: runners' own summaries differ in form, are coloured, and say nothing when a worker dies; scripts and
 * people want one line to look at, and an exit code that agrees with it.
 *
 * Usage: npm test [-- <paths or vitest flags>]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestCounts } from '../test/setup/last-line-reporter.ts';

const root = join(import.meta.dirname, '..');
const reporter = join(root, 'test/setup/last-line-reporter.ts');
const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs');

const folder = mkdtempSync(join(tmpdir(), 'perbench-test-'));
const countsPath = join(folder, 'counts.json');
try {
  const ended = await runVitest(process.argv.slice(2));
  process.exitCode = report(readCounts(), ended);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runVitest(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [vitest, 'run', '--reporter=default', `--reporter=${reporter}`, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PERBENCH_TEST_COUNTS: countsPath },
  });
  // The terminal sends Ctrl-C to both; waiting here keeps the last line last.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

function readCounts(): TestCounts {
  try {
    return JSON.parse(readFileSync(countsPath, 'utf8')) as TestCounts;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return { passed: 0, failed: 0, skipped: 0, skips: [], faults: [], isEnded: false };
  }
}

/** Prints what must not be overlooked, then the counts. */
function report(counts: TestCounts, ended: string): number {
  const faults = [...counts.faults];
  const isEmpty = counts.passed + counts.failed + counts.skipped === 0;
  if (!counts.isEnded) faults.push(`the test runner died (${ended})`);
  else if (ended !== 'exit code 0' && counts.failed === 0 && !isEmpty)
    faults.push(`the test runner ended with ${ended}`);
  const failed = counts.failed + faults.length - counts.faults.length;

  if (counts.skips.length > 0) console.log(`\nSKIPPED (${counts.skips.length}):`);
  for (const skip of counts.skips) console.log(`  - ${skip}`);
  if (faults.length > 0) console.log(`\nFAILED OUTSIDE OF TESTS (${faults.length}):`);
  for (const fault of faults) console.log(`  - ${fault}`);
  if (counts.passed + failed === 0) console.log('\nNo test ran.');

  console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
  return failed > 0 || counts.passed === 0 ? 1 : 0;
}
