import { describe } from 'vitest';
import type { OpenStore } from './open-store.ts';
import { testBlocks, testModelClaims } from './store-blocks.ts';
import { testCells } from './store-cells.ts';
import { testCopies } from './store-copies.ts';
import { testFencing } from './store-fencing.ts';
import { testItems } from './store-items.ts';
import { testRuns } from './store-runs.ts';
import { testSamples } from './store-samples.ts';
import { testScores } from './store-scores.ts';
import { testWorkers } from './store-workers.ts';

/** What every store does, whatever is behind it. */
export function testStore(open: OpenStore): void {
  describe('runs', () => {
    testRuns(open);
  });
  describe('cells', () => {
    testCells(open);
  });
  describe('fencing', () => {
    testFencing(open);
  });
  describe('claims on models', () => {
    testModelClaims(open);
  });
  describe('blocks', () => {
    testBlocks(open);
  });
  describe('workers and jobs', () => {
    testWorkers(open);
  });
  describe('samples', () => {
    testSamples(open);
  });
  describe('items', () => {
    testItems(open);
  });
  describe('scores', () => {
    testScores(open);
  });
  describe('copies', () => {
    testCopies(open);
  });
}
