/**
 * Tries every property of `test/fuzz` with new random inputs for a while, where `npm test` tries a few fixed ones.
 *
 * Background: a fuzzer that runs for seconds in CI finds what is common; what is rare takes minutes. A failure prints the
 * seed and path that repeat it.
 *
 * Usage: npm run fuzz [-- <seconds for each property, 60 by default> [<paths or vitest flags>]]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [seconds = '60', ...rest] = process.argv.slice(2);
if (!(Number(seconds) > 0)) {
  console.error(`expected a number of seconds, got ${JSON.stringify(seconds)}`);
  process.exit(2);
}
const paths = rest.length === 0 ? ['test/fuzz'] : rest;
const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'test.ts'), ...paths], {
  stdio: 'inherit',
  env: { ...process.env, PERBENCH_FUZZ_SECONDS: seconds },
});
process.exitCode = status ?? 1;
