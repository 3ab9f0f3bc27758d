import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests that run a real model take all cores: they come last, one file after another.
const realModelTests = ['src/**/*.model.test.ts', 'test/**/*.model.test.ts', 'test/e2e/**/*.test.ts'];
const globalSetup = join(import.meta.dirname, 'test/setup/global-setup.ts');

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    // A suite that finds nothing to run has not passed.
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
          exclude: realModelTests,
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
          typecheck: {
            enabled: true,
            include: ['test/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
            // Errors elsewhere are `npm run types`' to report.
            ignoreSourceErrors: true,
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'models',
          include: realModelTests,
          globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
