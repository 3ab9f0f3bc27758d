import { countText } from '../core/amount-text.ts';
import type { OpenRace, RaceAccuracy, RaceCertificate, RaceVerdict } from '../core/race.ts';
import { listText } from '../scoring/board-text.ts';
import { spreadText } from '../scoring/race/certificate.ts';
import {
  type Block,
  type Cell,
  gap,
  line,
  listBlock,
  missing,
  numberCell,
  simpleTable,
  tableBlock,
  textBlock,
} from './document.ts';
import { plainText } from './sanitise.ts';

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

function askedText({ question, score, taskId }: Pick<RaceCertificate, 'question' | 'score' | 'taskId'>): string {
  const place = score === null ? taskId : `${score}, ${taskId}`;
  return `${question.charAt(0).toUpperCase()}${question.slice(1)} (${place})`;
}

/** Models that nothing can be claimed of. */
function unjudged({ models }: RaceCertificate): readonly string[] {
  return models.filter(({ status }) => status === 'failed').map(({ model }) => model);
}

function titleOf(certificate: RaceCertificate): string {
  const { named, outcome, models } = certificate;
  const isOpen = unjudged(certificate).length === models.length;
  const answer = isOpen ? 'not decided' : outcome === 'none' || outcome === 'withdrawn' ? outcome : named.join(' or ');
  return `${askedText(certificate)}: ${answer}`;
}

/** Where a race stood when it was stopped: `3 candidates left: a, b, c; a is within 4 % of the winner`. */
export function openRaceText(
  asked: Pick<RaceCertificate, 'question' | 'score' | 'taskId'>,
  { candidates, delta }: OpenRace,
): string {
  const [first] = candidates;
  const left = `${candidates.length} ${candidates.length === 1 ? 'candidate' : 'candidates'} left: ${candidates.join(', ')}`;
  const near = delta === null || candidates.length < 2 ? '' : `; ${first} is within ${percent(delta)} of the winner`;
  return plainText(`${askedText(asked)}: not decided yet, ${left}${near}`);
}

/** `launches of this machine differ by 18 %, more than the 6 % assumed: a and b can't be ruled out`. */
function spreadOf({ version, outcome, spread }: RaceCertificate): readonly string[] {
  if (version === 'race/1' || outcome === 'none') return [];
  if (spread === undefined) return ['how far launches of this machine differ could not be checked'];
  const { isLarger, inDoubt } = spread;
  if (inDoubt.length > 0) {
    return [
      `${spreadText(spread)}: ${listText(inDoubt)} can't be ruled out`,
      'run the race again: the next race on this machine takes these launches into account',
    ];
  }
  return [
    isLarger ? `${spreadText(spread)}; with bounds that allow for it the answer is the same` : spreadText(spread),
  ];
}

function claimOf(certificate: RaceCertificate): readonly string[] {
  const { outcome, confidence, items, named, models, base } = certificate;
  const left = unjudged(certificate);
  if (base !== undefined && left.includes(base.model)) {
    return [`nothing is decided: the others are compared with ${base.model}, which couldn't be judged`];
  }
  if (left.length === models.length) return ['no model could be judged'];
  if (outcome === 'withdrawn') return [];
  const who = left.length === 0 ? 'every model' : `every model that could be judged (not ${listText(left)})`;
  const sure = `${Number((confidence * 100).toFixed(6))} % certificate: evaluating ${who} on all ${countText(items)} items would`;
  if (outcome === 'none') return [`${sure} also find none`];
  const claim = outcome === 'winner' ? `${sure} name the same model` : `${sure} name one of these ${named.length}`;
  const assumed = models.filter(({ isAssumed }) => isAssumed).map(({ model }) => model);
  return assumed.length === 0
    ? [claim]
    : [`${claim},`, `assuming that ${assumed.join(', ')} cost more per item, as their size suggests`];
}

function costOf({ cost }: RaceCertificate): string {
  const time =
    cost.fullDeviceSeconds > 0
      ? `, ${percent(cost.deviceSeconds / cost.fullDeviceSeconds)} of the device time for items`
      : '';
  const guess = cost.estimatedModels.length > 0 ? ` (time of ${cost.estimatedModels.join(', ')} estimated)` : '';
  return `evaluated ${countText(cost.items)} of ${countText(cost.fullItems)} items${time}${guess}; ${cost.launches} launches (full evaluation: ${cost.fullLaunches})`;
}

/** On new items: another question than the one that was decided, so it never stands without its words. */
function supportOf({ support }: RaceCertificate): readonly string[] {
  if (support === undefined) return [];
  const parts = support.map(({ model, share }) => `${model} ${share.toFixed(2)}`);
  return [
    `on new items of this kind, first among the fully evaluated models: ${parts.join(', ')} (bootstrap support, not confidence)`,
  ];
}

function accuracyCell(accuracy: RaceAccuracy | null | undefined): Cell {
  if (accuracy === null || accuracy === undefined) return missing;
  return accuracy.kind === 'exact'
    ? numberCell(accuracy.value, 3)
    : `${accuracy.low.toFixed(3)} to ${accuracy.high.toFixed(3)}`;
}

function modelRow(verdict: RaceVerdict, hasBase: boolean): readonly Cell[] {
  const { model, status, isNamed, reason, score, n } = verdict;
  return [
    model,
    isNamed ? 'named' : status,
    numberCell(n === 0 ? undefined : n, 0, { isGrouped: true }),
    accuracyCell(verdict.accuracy),
    ...(hasBase ? [accuracyCell(verdict.difference?.accuracy)] : []),
    numberCell(score ?? undefined, 3),
    reason,
  ];
}

/**
 * A certificate for people: what was decided, how sure, what it took, what became of each model, and what would change
 * the answer. Of a model that was stopped early it tells the interval, never the mean.
 */
export function certificateBlocks(certificate: RaceCertificate): readonly Block[] {
  const { models, changes, base } = certificate;
  const hasBase = base !== undefined;
  const columns = ['model', '', 'answers', 'accuracy', ...(hasBase ? ['minus base'] : []), 'PER-A', 'reason'];
  return [
    textBlock(titleOf(certificate)),
    ...listBlock(
      [...claimOf(certificate), ...spreadOf(certificate), costOf(certificate), ...supportOf(certificate)].map((text) =>
        line(text),
      ),
      2,
    ),
    gap,
    tableBlock(
      simpleTable(
        columns,
        models.map((verdict) => modelRow(verdict, hasBase)),
      ),
    ),
    ...(changes.length === 0 ? [] : [gap, textBlock('What would change the answer:')]),
    ...listBlock(
      changes.map((text) => line(`- ${text}`)),
      2,
    ),
  ];
}
