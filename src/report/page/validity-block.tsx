import type { VNode } from 'preact';
import type { Warning } from '../../core/measurement.ts';
import { isDoubtfulReason } from '../../stats/scoreboard-metrics.ts';
import { flagId } from '../../stats/score-flag.ts';
import { flagMeanings, warningMeanings } from '../flag-meanings.ts';
import { Block } from './block.tsx';
import type { BoardView } from './board-view.ts';

interface Affected {
  readonly reason: Warning['reason'];
  readonly places: readonly {
    readonly task: string;
    readonly model: string;
    readonly metrics: string;
    readonly detail: string;
  }[];
}

function affectedBy(boards: readonly BoardView[]): readonly Affected[] {
  const all = boards.flatMap(({ board }) =>
    board.rows.flatMap(({ model, warnings }) =>
      warnings.map((warning) => ({ task: board.title ?? board.taskId, model, ...warning })),
    ),
  );
  const groups = Map.groupBy(all, ({ reason }) => reason);
  return Array.from(groups, ([reason, group]) => ({
    reason,
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

/** What speaks against the numbers, and what each flag means. */
export function ValidityBlock({ boards }: { readonly boards: readonly BoardView[] }): VNode {
  const affected = affectedBy(boards);
  const flags = boards.flatMap(({ board }) =>
    [
      ...board.flags.map((flag) => ({ flag, model: '' })),
      ...board.rows.flatMap(({ model, flags: own }) => own.map((flag) => ({ flag, model }))),
    ].map(({ flag, model }) => ({
      id: flagId(flag),
      code: flag.code,
      text: flag.text,
      task: board.title ?? board.taskId,
      model,
    })),
  );
  const byCode = Map.groupBy(flags, ({ code }) => code);
  return (
    <Block
      id="validity"
      title="Can the numbers be trusted?"
      subtitle={
        affected.length + flags.length === 0
          ? 'Nothing speaks against them.'
          : 'Every warning of the measurements, what it means, and what to do about it. An invalid number enters no score.'
      }
    >
      {affected.map(({ reason, places }) => (
        <details class="warning" key={reason}>
          <summary>
            <span class={isDoubtfulReason(reason) ? 'chip doubtful' : 'chip'}>
              {isDoubtfulReason(reason) ? '! ' : '~ '}
              {reason}
            </span>{' '}
            {warningMeanings[reason].means}{' '}
            <span class="count">
              {places.length} {places.length === 1 ? 'cell' : 'cells'}
            </span>
          </summary>
          <p>{warningMeanings[reason].todo}</p>
          <ul>
            {places.map(({ task, model, metrics, detail }) => (
              <li key={`${task} ${model} ${detail}`}>
                <bdi>{model}</bdi> on {task}: {metrics} ({detail})
              </li>
            ))}
          </ul>
        </details>
      ))}
      {Array.from(byCode, ([code, own]) => (
        <details class="warning" key={code}>
          <summary>
            <span class="chip">{code}</span> {flagMeanings[code]}{' '}
            <span class="count">
              {own.length} {own.length === 1 ? 'place' : 'places'}
            </span>
          </summary>
          <ul>
            {own.map(({ id, task, model, text }) => (
              <li key={`${id} ${task} ${model}`}>
                {model === '' ? null : <bdi>{model}</bdi>} {model === '' ? task : `on ${task}`}: {text}
              </li>
            ))}
          </ul>
        </details>
      ))}
    </Block>
  );
}
