import type { Warning } from '../core/measurement.ts';
import type { ScoreFlagCode } from '../scoring/factor.ts';

interface Meaning {
  readonly means: string;
  readonly todo: string;
}

/** What a warning on a measurement means for its reader, and what to do about it. */
export const warningMeanings: Readonly<Record<Warning['reason'], Meaning>> = {
  client_bound: {
    means: 'perbench itself may have been slower than the engine: the real throughput may be higher.',
    todo: 'Ask from more processes (--client-processes), run on more cores, or lower the concurrency.',
  },
  short_window: {
    means: 'All sequences were busy for too short a time: the throughput may be off.',
    todo: 'Raise windowSeconds, or use more items.',
  },
  unsaturated: {
    means: 'Throughput still rose with the most sequences at once that the search tries: it could be higher.',
    todo: 'Set the concurrency yourself.',
  },
  cache_hits: {
    means: 'Work was reused between requests: the speed is not that of fresh prompts.',
    todo: 'Switch prompt caches off.',
  },
  throttled: {
    means: 'The device lowered its clocks while it was measured.',
    todo: 'Cool it, or fix its clocks, and measure again.',
  },
  host_busy: {
    means: 'Other programs took more than 5 % of the CPU: speed may be understated by a lot.',
    todo: 'Measure again on a quiet machine.',
  },
  foreign_process: { means: 'Another process used the same device.', todo: 'Stop it and measure again.' },
  errors: {
    means: 'More than 1 % of the requests failed: the numbers are not counted.',
    todo: 'Look at the failed samples.',
  },
  truncated: {
    means: 'More than 5 % of the answers ended at the token limit: accuracy may be understated.',
    todo: 'Look at the truncated samples.',
  },
  unparsed: {
    means: 'More than 5 % of the answers could not be read: accuracy may be understated.',
    todo: 'Look at the unparsed samples.',
  },
  estimated: { means: 'Estimated, not measured: the number enters no score.', todo: 'Measure it.' },
  unsupported: { means: 'The engine can not do this.', todo: 'Use another engine.' },
  range_below_noise: {
    means: 'The models differ by less than a repetition would.',
    todo: 'Use more items or launches.',
  },
  near_chance: {
    means: 'No better than answering without reading the question.',
    todo: 'Do not deploy it for this task.',
  },
  label_bias: {
    means: 'The answers lean towards one label or position, whatever is asked.',
    todo: 'Look at the labels in perbench show, and at the prompt style.',
  },
  some_failed: { means: 'A few items failed; they count as wrong.', todo: 'Nothing, below 1 % of the items.' },
  small_sample: { means: 'Few items: the interval is wide.', todo: 'Raise the limit.' },
  one_launch: { means: 'Measured in one launch only: nothing is known about its spread.', todo: 'Use three launches.' },
  resumed: { means: 'The run was interrupted and resumed.', todo: 'Nothing: accuracy is not touched by it.' },
  peak_not_reset: { means: 'The memory peak includes what came before the pass.', todo: 'Read it as an upper bound.' },
};

/** What a flag of a score means. */
export const flagMeanings: Readonly<Record<ScoreFlagCode, string>> = {
  no_valid_model: 'No model of the set can be scored.',
  set_too_small: 'PER compares models with each other: one alone has none.',
  degenerate_set: 'With two models PER is 0 for almost everybody. Read the four factors instead.',
  small_set: 'With three models PER means little.',
  flat: 'All models are equal in this factor, so it decides nothing.',
  range_below_noise: 'The models differ in this factor by less than a repetition would.',
  lat_below_resolution: 'Faster than the clock can tell: the resolution counts instead.',
  failed: 'The cell did not finish, so that it has no score and moves no other.',
  missing: 'A factor was not measured. Nothing is made up for it.',
  invalid: 'A number is wrong, so that the model has no score.',
  unit: 'Measured in another unit than the rest.',
  worst: 'The worst of the set in one factor has a PER of 0, whatever else it does. It is not useless.',
  doubtful: 'The score rests on a number that is marked as doubtful.',
  below_trivial_baseline: 'Not better than always giving the same answer.',
};
