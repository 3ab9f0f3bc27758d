import type { VNode } from 'preact';
import type { BoardAnswers, ConfusionRow, ModelLabels } from '../../scoring/answers/board-answers.ts';
import { confusionTable, matrixNames, shownWithoutLabel, type withoutLabel } from '../../present/answer-tables.ts';
import { wholeNumber } from './format.ts';
import { tip } from './tip.tsx';

/** Of a count above 0, as a share of its row. */
const leastShade = 0.15;

/** A label as a heading; where a number stands for it, which on narrow screens is always so, its name is at hand. */
function LabelName({
  label,
  number,
  isShort,
}: {
  readonly label: string;
  readonly number: number;
  readonly isShort: boolean;
}): VNode {
  const short = (
    <span class={isShort ? 'term' : 'term on-narrow'} tabIndex={0} {...tip(label)}>
      {number}
      <span class="off-screen"> {label}</span>
    </span>
  );
  if (isShort) return short;
  return (
    <>
      <bdi class="on-wide">{label}</bdi>
      {short}
    </>
  );
}

/** One count, shaded by its share of the row: right ones in one colour, others in another. */
function CountCell(props: {
  readonly count: number;
  readonly items: number;
  readonly kind: 'right-one' | 'other';
}): VNode {
  const { count, items, kind } = props;
  // Even one of many is to be seen.
  const share = count === 0 ? 0 : Math.max(leastShade, count / items);
  return (
    <td class={`right ${kind}`} data-value={count} style={{ '--share': `${Math.round(share * 100)}%` }}>
      {count === 0 ? <span class="zero">0</span> : wholeNumber(count)}
    </td>
  );
}

function MatrixRow(props: {
  readonly own: ConfusionRow;
  readonly number: number;
  readonly isShort: boolean;
  readonly labels: readonly string[];
  readonly others: readonly (typeof withoutLabel)[number][];
}): VNode {
  const { own, number, isShort, labels, others } = props;
  const given = new Map(own.given);
  return (
    <tr>
      <th scope="row">
        <span class={isShort ? undefined : 'on-narrow'}>{number} </span>
        <bdi>{own.label}</bdi>
      </th>
      {labels.map((label) => (
        <CountCell
          key={label}
          count={given.get(label) ?? 0}
          items={own.items}
          kind={label === own.label ? 'right-one' : 'other'}
        />
      ))}
      {others.map((kind) => (
        <CountCell key={kind} count={own[kind]} items={own.items} kind="other" />
      ))}
      <td class="right apart">{wholeNumber(own.items)}</td>
    </tr>
  );
}

/** Which label was taken for which: a row per right label, a column per given one. */
export function LabelMatrix(props: {
  /** Of the task. */
  readonly title: string;
  readonly details: BoardAnswers;
  readonly model: ModelLabels;
}): VNode {
  const { title, details, model } = props;
  const { labels } = details;
  const isShort = matrixNames(labels).isNumbered;
  const others = shownWithoutLabel(details);
  const caption = `${title}: ${confusionTable(details, model).caption}, a row per right label, a column per label that was given`;
  return (
    <div class="table-scroll matrix" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="off-screen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">
              right <span aria-hidden="true">╲</span> given
            </th>
            {labels.map((label, index) => (
              <th key={label} scope="col" class="right">
                <LabelName label={label} number={index + 1} isShort={isShort} />
              </th>
            ))}
            {others.map((kind) => (
              <th key={kind} scope="col" class="right apart">
                {kind}
              </th>
            ))}
            <th scope="col" class="right apart">
              items
            </th>
          </tr>
        </thead>
        <tbody>
          {model.rows.map((own) => (
            <MatrixRow
              key={own.label}
              own={own}
              number={labels.indexOf(own.label) + 1}
              isShort={isShort}
              labels={labels}
              others={others}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
