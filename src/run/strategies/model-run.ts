import { launchesOf } from '../protocol.ts';
import type { Strategy } from '../strategy.ts';
import { runLaunch } from './full-run.ts';

/** Cells that are claimed already, in full: all launches of a model one after the other, then those of the next. */
export const modelRun: Strategy = async function* (state) {
  const { models, suite } = state.plan;
  for (const model of models) {
    for (let launch = 0; launch < launchesOf(suite); launch += 1) yield* runLaunch(state, model, launch);
  }
};
