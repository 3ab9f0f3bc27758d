import type { VNode } from 'preact';
import type { Warning } from '../../core/measurement.ts';
import { flagId, type ScoreFlag } from '../../scoring/factor.ts';
import { isDoubtfulReason } from '../../scoring/create-scoreboards.ts';
import { flagMeanings, warningMeanings } from '../../present/glossary.ts';
import { Block } from './block.tsx';
import type { BoardView } from './board-view.ts';

interface Affected {
  readonly reason: Warning['reason'];
  /** A cell has a place for each detail. */
  readonly cells: number;
  readonly places: readonly {
    readonly task: string;
    readonly model: string;
    readonly metrics: string;
    readonly detail: string;
  }[];
}

function affectedBy(boards: readonly BoardView[]): readonly Affected[] {
  const all = boards.flatMap(({ board, title: task }) =>
    board.rows.flatMap(({ model, warnings }) => warnings.map((warning) => ({ task, model, ...warning }))),
  );
  const groups = Map.groupBy(all, ({ reason }) => reason);
  return Array.from(groups, ([reason, group]) => ({
    reason,
    cells: new Set(group.map(({ task, model }) => JSON.stringify([task, model]))).size,
    places: Array.from(
      Map.groupBy(group, ({ task, model, detail }) => JSON.stringify([task, model, detail])).values(),
      (own) => ({
        task: own[0]?.task ?? '',
        model: own[0]?.model ?? '',
        detail: own[0]?.detail ?? '',
        metrics: [...new Set(own.map(({ metric }) => metric))].join(', '),
      }),
    ),
  })).toSorted((left, right) => Number(isDoubtfulReason(right.reason)) - Number(isDoubtfulReason(left.reason)));
}

function WarningDetails({ reason, cells, places }: Affected): VNode {
  const isDoubtful = isDoubtfulReason(reason);
  const { means, todo } = warningMeanings[reason];
  return (
    <details class="warning">
      <summary>
        <span class={isDoubtful ? 'chip doubtful' : 'chip'}>
          {isDoubtful ? '! ' : '~ '}
          {reason}
        </span>{' '}
        {means} <span class="count">{countText(cells, 'cell')}</span>
      </summary>
      <p>{todo}</p>
      <ul>
        {places.map(({ task, model, metrics, detail }) => (
          <li key={`${task} ${model} ${detail}`}>
            <bdi>{model}</bdi> on {task}: {metrics} ({detail})
          </li>
        ))}
      </ul>
    </details>
  );
}

function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

interface PlacedFlag extends ScoreFlag {
  readonly task: string;
  /** Empty where the flag concerns the whole set. */
  readonly model: string;
}

function placedFlags(boards: readonly BoardView[]): readonly PlacedFlag[] {
  return boards.flatMap(({ board, title: task }) => [
    ...board.flags.map((flag) => ({ ...flag, task, model: '' })),
    ...board.rows.flatMap(({ model, flags }) => flags.map((flag) => ({ ...flag, task, model }))),
  ]);
}

function FlagDetails(props: { readonly code: ScoreFlag['code']; readonly flags: readonly PlacedFlag[] }): VNode {
  const { code, flags } = props;
  return (
    <details class="warning">
      <summary>
        <span class="chip">{code}</span> {flagMeanings[code]}{' '}
        <span class="count">{countText(flags.length, 'place')}</span>
      </summary>
      <ul>
        {flags.map((flag) => (
          <li key={`${flagId(flag)} ${flag.task} ${flag.model}`}>
            {flag.model === '' ? flag.task : <bdi>{flag.model}</bdi>}
            {flag.model === '' ? '' : ` on ${flag.task}`}: {flag.text}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Every warning and flag, with what it means. */
export function ValidityBlock({ boards }: { readonly boards: readonly BoardView[] }): VNode {
  const affected = affectedBy(boards);
  const flags = placedFlags(boards);
  const subtitle =
    affected.length + flags.length === 0
      ? 'No warnings.'
      : 'Every warning, what it means and what to do about it. Invalid numbers enter no score.';
  return (
    <Block id="validity" title="Can the numbers be trusted?" subtitle={subtitle}>
      {affected.map((one) => (
        <WarningDetails key={one.reason} {...one} />
      ))}
      {Array.from(
        Map.groupBy(flags, ({ code }) => code),
        ([code, own]) => (
          <FlagDetails key={code} code={code} flags={own} />
        ),
      )}
    </Block>
  );
}
