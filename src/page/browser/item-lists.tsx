import type { ComponentChildren, VNode } from 'preact';
import { answersText, answerText, disputedText, missedText, mostModelColumns } from '../../present/answer-tables.ts';
import type { ItemAgreement, ListedAnswer, ListedItem } from '../../scoring/answers/board-answers.ts';
import { wholeNumber } from './format.ts';
import { CellsTable } from './tables.tsx';

const mostItems = 20;

/** Where the samples behind a list are, in pages that have them. */
export interface SampleLinks {
  readonly item: (taskId: string, itemId: string) => string;
  readonly list: (taskId: string, which: 'missed' | 'disputed') => string;
}

function AnswerCell({ answer }: { readonly answer: ListedAnswer | null }): VNode {
  if (answer === null) return <>–</>;
  return (
    <span class={answer.score >= 1 ? 'verdict good' : undefined}>
      <bdi>{answerText(answer)}</bdi>
    </span>
  );
}

interface ListsProps {
  /** Of the task. */
  readonly title: string;
  readonly taskId: string;
  readonly agreement: ItemAgreement | undefined;
  readonly links: SampleLinks | undefined;
}

/** The items that all models miss, and those that they disagree about. */
export function ItemLists({ title, taskId, agreement, links }: ListsProps): VNode | null {
  if (agreement === undefined) return null;
  const missed = missedText(agreement);
  const disputed = disputedText(agreement);
  // Errors of the data are worth a look at once; what models disagree about is the usual case.
  return (
    <>
      {agreement.missed.count === 0 ? null : (
        <>
          <h3>{missed}</h3>
          <ItemList which="missed" title={`${title}: ${missed}`} taskId={taskId} agreement={agreement} links={links} />
        </>
      )}
      {agreement.disputed.count === 0 ? null : (
        <details class="more on-paper">
          <summary>{disputed}</summary>
          <div>
            <ItemList
              which="disputed"
              title={`${title}: ${disputed}`}
              taskId={taskId}
              agreement={agreement}
              links={links}
            />
          </div>
        </details>
      )}
    </>
  );
}

interface ListProps {
  readonly which: 'missed' | 'disputed';
  readonly title: string;
  readonly taskId: string;
  readonly agreement: ItemAgreement;
  readonly links: SampleLinks | undefined;
}

function ItemList({ which, title, taskId, agreement, links }: ListProps): VNode {
  const { count, first } = agreement[which];
  const shown = first.slice(0, mostItems);
  const isByModel = agreement.models.length <= mostModelColumns;
  // Filters know right from wrong, and only items that every model has.
  const isFilter = agreement.isComplete && (which === 'disputed' || !agreement.isGraded);
  const all = isFilter ? links?.list(taskId, which) : undefined;
  const idOf = ({ itemId }: ListedItem): ComponentChildren =>
    links === undefined ? <bdi>{itemId}</bdi> : <a href={links.item(taskId, itemId)}>{itemId}</a>;
  return (
    <>
      <CellsTable
        caption={title}
        headings={[
          { text: 'Item' },
          { text: 'Expected', help: undefined },
          ...(isByModel ? agreement.models.map((text) => ({ text, help: undefined })) : [{ text: 'Answers' }]),
        ]}
        rows={shown.map((item) => ({
          key: item.itemId,
          cells: [
            idOf(item),
            <bdi key="expected">{item.expected}</bdi>,
            ...(isByModel
              ? item.answers.map((answer, index) => <AnswerCell key={agreement.models[index]} answer={answer} />)
              : [<bdi key="answers">{answersText(item)}</bdi>]),
          ],
        }))}
      />
      {all !== undefined ? (
        <p class="count">
          <a href={all}>
            All {wholeNumber(count)}
            <span class="off-screen">
              {' '}
              {which === 'missed' ? 'missed items' : 'items that models disagree about'}
            </span>{' '}
            in the samples
          </a>
        </p>
      ) : count > shown.length ? (
        <p class="count">
          The first {shown.length} of {wholeNumber(count)}; perbench view lists all.
        </p>
      ) : null}
    </>
  );
}
