import { countText } from '../core/amount-text.ts';
import type { OpenRace, RaceCertificate, RaceVerdict } from '../core/race.ts';
import { safeText } from '../present/sanitise.ts';
import { textTable } from './text-table.ts';

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

function askedText({ question, score, taskId }: Pick<RaceCertificate, 'question' | 'score' | 'taskId'>): string {
  const place = score === null ? taskId : `${score}, ${taskId}`;
  return `${question.charAt(0).toUpperCase()}${question.slice(1)} (${place})`;
}

function titleOf(certificate: RaceCertificate): string {
  const { named, outcome } = certificate;
  return `${askedText(certificate)}: ${outcome === 'none' ? 'none' : named.join(' or ')}`;
}

/** Where a race stood when it was stopped: `3 candidates left: a, b, c; a is within 4 % of the winner`. */
export function openRaceText(
  asked: Pick<RaceCertificate, 'question' | 'score' | 'taskId'>,
  { candidates, delta }: OpenRace,
): string {
  const [first] = candidates;
  const left = `${candidates.length} ${candidates.length === 1 ? 'candidate' : 'candidates'} left: ${candidates.join(', ')}`;
  const near = delta === null || candidates.length < 2 ? '' : `; ${first} is within ${percent(delta)} of the winner`;
  return safeText(`${askedText(asked)}: not decided yet, ${left}${near}`);
}

function claimOf({ outcome, confidence, items, named, models }: RaceCertificate): string {
  const sure = `${Number((confidence * 100).toFixed(6))} % certificate: evaluating every model on all ${countText(items)} items would`;
  if (outcome === 'none') return `${sure} find none either`;
  const claim = outcome === 'winner' ? `${sure} name the same` : `${sure} name one of these ${named.length}`;
  const assumed = models.filter(({ isAssumed }) => isAssumed).map(({ model }) => model);
  return assumed.length === 0 ? claim : `${claim},\n  if ${assumed.join(', ')} cost more per item, as their size says`;
}

function costOf({ cost }: RaceCertificate): string {
  const time =
    cost.fullDeviceSeconds > 0 ? `, ${percent(cost.deviceSeconds / cost.fullDeviceSeconds)} of the time for items` : '';
  const guess = cost.estimatedModels.length > 0 ? ` (time of ${cost.estimatedModels.join(', ')} estimated)` : '';
  return `asked ${countText(cost.items)} of ${countText(cost.fullItems)} items${time}${guess}; ${cost.launches} launches, ${cost.fullLaunches} in full`;
}

/** On new items: another question than the one that was decided, so it never stands without its words. */
function supportOf({ support }: RaceCertificate): readonly string[] {
  if (support === undefined) return [];
  const parts = support.map(({ model, share }) => `${model} ${share.toFixed(2)}`);
  return [
    `  on new items of the kind, first among those that answered everything: ${parts.join(', ')} (bootstrap support, no confidence)`,
  ];
}

function accuracyText({ accuracy }: RaceVerdict): string {
  if (accuracy === null) return '–';
  return accuracy.kind === 'exact'
    ? accuracy.value.toFixed(3)
    : `${accuracy.low.toFixed(3)} to ${accuracy.high.toFixed(3)}`;
}

function modelRow(verdict: RaceVerdict): readonly string[] {
  const { model, status, isNamed, reason, score, n } = verdict;
  return [
    model,
    isNamed ? 'named' : status,
    n === 0 ? '–' : countText(n),
    accuracyText(verdict),
    score === null ? '–' : score.toFixed(3),
    reason,
  ];
}

/**
 * A certificate for people: what was decided, how sure, what it took, what became of each model, and what would change
 * the answer. Of a model that was stopped early it tells the interval, never the mean.
 */
export function certificateText(certificate: RaceCertificate): string {
  const { models, changes } = certificate;
  const lines = [
    titleOf(certificate),
    `  ${claimOf(certificate)}`,
    `  ${costOf(certificate)}`,
    ...supportOf(certificate),
    '',
    textTable(['model', '', 'answers', 'accuracy', 'PER-A', 'why'], models.map(modelRow)),
    ...(changes.length === 0 ? [] : ['', 'What would change it:', ...changes.map((text) => `  - ${text}`)]),
  ];
  return safeText(lines.join('\n'));
}
