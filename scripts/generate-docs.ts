/**
 * Writes what is generated from code: docs/cli.md and schemas/*.json.
 *
 *   node scripts/generate-docs.ts            writes the files
 *   node scripts/generate-docs.ts --check    changes nothing; fails where a file isn't what would be written
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const root = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');
let stale = 0;

for (const [name, content] of Object.entries(generatedFiles())) {
  const path = join(root, name);
  if (readIfThere(path) === content) continue;
  if (isCheck) {
    stale += 1;
    process.stderr.write(`${name} is not what the code says: run npm run docs\n`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    process.stdout.write(`wrote ${name}\n`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
