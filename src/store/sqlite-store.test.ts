import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { testStore } from '../../test/conformance/store.ts';
import { openSqliteStore } from './sqlite-store.ts';

describe('a store in a file', () => {
  testStore(async (now) => {
    const folder = mkdtempSync(join(tmpdir(), 'perbench-store-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return openSqliteStore({ file: join(folder, 'results.db'), now });
  });
});

describe('a store in memory', () => {
  testStore(async (now) => openSqliteStore({ file: ':memory:', now }));
});
