import { countText, percentText } from '../../core/amount-text.ts';
import type { PassResult } from '../../core/cell.ts';
import type { SweepCell, SweepLoad, SweepMark } from '../../core/sweep.ts';
import { isCounted, mergeWarnings, passesByLaunch } from '../../metrics/launches.ts';
import { loadMeasurements } from '../../metrics/load-measurements.ts';
import { serverSideRows } from '../../metrics/server-side.ts';
import { meanOf } from '../../stats/means.ts';
import { lengthTolerance } from './prompt-length.ts';
import type { LoadProblem } from './swept-model.ts';

/** Warnings that a mark of a sweep's own says better, and one that every row of a single launch has. */
const saidElsewhere: ReadonlySet<string> = new Set(['cache_hits', 'errors', 'one_launch']);

/** Doubt about what an answer says concerns no figure here. */
const isHarmless: ReadonlySet<string> = new Set(['odd_answers']);

const total = (passes: readonly PassResult[], name: 'requests' | 'failedRequests' | 'promptTokens' | 'reusedTokens') =>
  passes.reduce((sum, pass) => sum + pass[name], 0);

function cacheMark(passes: readonly PassResult[]): readonly SweepMark[] {
  const [reused, prompt] = [total(passes, 'reusedTokens'), total(passes, 'promptTokens')];
  const ofServer = mergeWarnings(passes).find(({ reason }) => reason === 'cache_hits')?.detail;
  if (reused === 0 && ofServer === undefined) return [];
  const counts = `${countText(reused)} of ${countText(prompt)} prompt tokens (${percentText(reused, 1, prompt)}) came from a cache; only the others are counted`;
  return [{ name: 'cached', detail: reused === 0 ? (ofServer ?? '') : counts, isDoubtful: true }];
}

function lengthMark(passes: readonly PassResult[], { promptTokens }: SweepLoad): readonly SweepMark[] {
  const answered = total(passes, 'requests') - total(passes, 'failedRequests');
  if (answered === 0 || !isCounted(passes)) return [];
  const mean = total(passes, 'promptTokens') / answered;
  if (Math.abs(mean / promptTokens - 1) <= lengthTolerance) return [];
  const detail = `prompts had ${mean.toFixed(1)} tokens on average, ${promptTokens} were asked for`;
  return [{ name: 'length', detail, isDoubtful: true }];
}

function answerMark(passes: readonly PassResult[], { outputTokens }: SweepLoad): readonly SweepMark[] {
  const made = passes.flatMap(({ latencies }) => latencies?.outputTokens ?? []);
  const mean = meanOf(made);
  if (made.length === 0 || mean >= outputTokens * (1 - lengthTolerance)) return [];
  const detail = `answers had ${mean.toFixed(1)} tokens on average, ${outputTokens} were asked for: the engine ends them by itself`;
  return [{ name: 'short', detail, isDoubtful: false }];
}

function failureMark(passes: readonly PassResult[]): readonly SweepMark[] {
  const failed = total(passes, 'failedRequests');
  if (failed === 0) return [];
  const first = passes.find(({ failure }) => failure !== undefined)?.failure;
  const detail = `${failed} of ${total(passes, 'requests')} requests failed${first === undefined ? '' : `, the first: ${first}`}`;
  return [{ name: 'failed', detail, isDoubtful: true }];
}

function marksOf(passes: readonly PassResult[], load: SweepLoad): readonly SweepMark[] {
  const others = mergeWarnings(passes)
    .filter(({ reason }) => !saidElsewhere.has(reason))
    .map(({ reason, detail }) => ({ name: reason, detail, isDoubtful: !isHarmless.has(reason) }));
  return [
    ...cacheMark(passes),
    ...lengthMark(passes, load),
    ...answerMark(passes, load),
    ...failureMark(passes),
    ...others,
  ];
}

/** What one model did under one load. */
export function sweptCell(
  model: string,
  load: SweepLoad,
  passes: readonly PassResult[],
  problem: LoadProblem | undefined,
): SweepCell {
  const [requests, failedRequests] = [total(passes, 'requests'), total(passes, 'failedRequests')];
  const nothing = problem ?? { state: 'failed', reason: failureMark(passes)[0]?.detail ?? 'nothing was measured' };
  const isDone = requests > failedRequests;
  return {
    ...load,
    model,
    state: isDone ? 'done' : nothing.state,
    reason: isDone ? undefined : nothing.reason,
    launches: passesByLaunch(passes).length,
    requests,
    failedRequests,
    reusedTokens: total(passes, 'reusedTokens'),
    measurements: isDone ? loadMeasurements(passes) : {},
    server: serverSideRows(model, passes)[0],
    marks: isDone ? [...marksOf(passes, load), ...brokenMark(problem)] : [],
  };
}

/** A launch that went wrong beside those that didn't. */
function brokenMark(problem: LoadProblem | undefined): readonly SweepMark[] {
  return problem === undefined ? [] : [{ name: 'failed', detail: problem.reason, isDoubtful: true }];
}
