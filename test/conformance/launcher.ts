import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Launcher, Needs } from '../../src/core/cluster.ts';
import { testCancelling } from './launcher-cancelling.ts';
import { testFailures } from './launcher-failures.ts';
import { testPlacing } from './launcher-placing.ts';

/** A cluster of a test's own, with at least two nodes. Disposed of, nothing of it runs any more. */
export interface TestCluster extends AsyncDisposable {
  /** Its workers' program is `sh`, so that the words of an order say what a worker does: `-c SCRIPT`. */
  readonly launcher: Launcher;
  /** A folder that nodes see under the same path. */
  readonly folder: string;
  /** What takes a node whole, and how many workers that need it run at once. */
  readonly whole: { readonly needs: Needs; readonly workers: number };
  /**
   * Whether what waits can be cancelled for good. Where it can't, its program may start later: a worker's first look is at
   * the stop flag of the store.
   */
  readonly isPendingCancelled: boolean;
  /** Launchers whose settings the engine refuses, and what their errors say. */
  readonly refused: readonly { readonly launcher: Launcher; readonly says: RegExp }[];
  /** A launcher whose engine isn't there. */
  readonly unreachable: Launcher;
  /** Ends a node and what watches over its workers, as a power cut would; it stays away. */
  killNode(node: string): Promise<void>;
}

export type GetCluster = () => TestCluster;

/**
 * What every launcher does, whatever engine is behind it.
 *
 * @param open a cluster for all tests, or why there can be none on this machine
 */
export function testLauncher(open: () => Promise<TestCluster | string>): void {
  let opened: TestCluster | string | undefined;
  const cluster: GetCluster = () => {
    if (typeof opened !== 'object') throw new Error('no cluster was opened');
    return opened;
  };

  beforeAll(async () => {
    opened = await open();
  }, 180_000);
  afterAll(async () => {
    if (typeof opened === 'object') await opened[Symbol.asyncDispose]();
  }, 60_000);
  beforeEach(({ skip }) => {
    if (typeof opened === 'string') skip(opened);
  });

  const patient = { timeout: 300_000 };
  describe('placing', patient, () => {
    testPlacing(cluster);
  });
  describe('cancelling', patient, () => {
    testCancelling(cluster);
  });
  // Last: a node goes.
  describe('failures', patient, () => {
    testFailures(cluster);
  });
}
