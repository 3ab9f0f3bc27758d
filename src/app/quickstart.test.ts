import { expect, it } from 'vitest';
import { speedFromRequests } from '../run/estimate-duration.ts';
import { toyPlan } from '../../test/run/toy-plan.ts';
import { estimateRun, fitBudget } from './quickstart.ts';

const plan = toyPlan({ suite: { protocol: 'paper' }, count: 40 });
const speeds = plan.tasks.map(({ task }) => speedFromRequests('one', task.id, 100, [100, 100, 100], 'probe'));

it('takes as many items as fit, by the upper end of the estimate', () => {
  const fit = fitBudget(plan, speeds, 500, 5_000, 10);
  expect(fit).toMatchObject({ isOver: false, isAll: false });
  expect(estimateRun(plan, speeds, 500, fit.items).highMs).toBeLessThanOrEqual(5_000);
  expect(estimateRun(plan, speeds, 500, fit.items + 1).highMs).toBeGreaterThan(5_000);
});

it('takes all where all fit', () => {
  expect(fitBudget(plan, speeds, 0, 1e9, 10)).toMatchObject({ items: 40, isAll: true });
});

it('never takes fewer than the least, and says that this is over the budget', () => {
  expect(fitBudget(plan, speeds, 0, 1, 10)).toMatchObject({ items: 10, isOver: true });
});
