import type { ComponentChildren, VNode } from 'preact';
import type {
  BoardAnswers,
  ItemAgreement,
  ListedAnswer,
  ListedItem,
  ModelLabels,
} from '../../scoring/answers/board-answers.ts';
import {
  answersText,
  answerText,
  confusionLines,
  confusionTable,
  disputedText,
  fieldTable,
  labelNotes,
  labelTable,
  macroText,
  matrixNames,
  missedText,
  mostModelColumns,
  shownWithoutLabel,
} from '../../present/answer-tables.ts';
import { shownModel } from '../../present/answer-blocks.ts';
import { cellText, type Footnote, type Table } from '../../present/document.ts';
import type { TextTable } from '../table-text.ts';
import { Block } from './block.tsx';
import type { BoardView } from './board-view.ts';
import { wholeNumber } from './format.ts';
import { Bar, ModelName } from './page-parts.tsx';
import { CellsTable } from './tables.tsx';
import { tip } from './tip.tsx';

/** With more labels a matrix is a wall of numbers: the largest confusions say more. */
const mostLabels = 30;
const mostConfusions = 20;
const mostItems = 20;
/** Of a count above 0, as a share of its row. */
const leastShade = 0.15;

/** Where the samples behind a list are, in pages that have them. */
export interface SampleLinks {
  readonly item: (taskId: string, itemId: string) => string;
  readonly list: (taskId: string, which: 'missed' | 'disputed') => string;
}

function textTable({ caption, columns, rows }: Table): TextTable {
  return {
    caption,
    headings: columns.map(({ heading }) => heading),
    align: columns.map(({ align }) => align),
    rows: rows.map(({ cells }) => cells.map(cellText)),
  };
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

/** Which label was taken for which: a row per right label, a column per given one. */
function Matrix({ details, model }: { readonly details: BoardAnswers; readonly model: ModelLabels }): VNode {
  const { labels } = details;
  const names = matrixNames(labels);
  const others = shownWithoutLabel(details);
  const caption = `${confusionTable(details, model).caption}: a row per right label, a column per label that was given`;
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
              <th key={label} scope="col" class="right" {...(names.columns[index] === label ? {} : tip(label))}>
                <bdi>{names.columns[index]}</bdi>
                {names.columns[index] === label ? null : <span class="off-screen"> {label}</span>}
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
          {model.rows.map((own) => {
            const given = new Map(own.given);
            return (
              <tr key={own.label}>
                <th scope="row">
                  <bdi>{names.rows[labels.indexOf(own.label)]}</bdi>
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
          })}
        </tbody>
      </table>
    </div>
  );
}

function Notes({ notes }: { readonly notes: readonly Footnote[] }): VNode {
  return (
    <ul class="notes">
      {notes.map(({ text }) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

/** Precision, recall and F1, each with a bar. */
function LabelsTable({ details, model }: { readonly details: BoardAnswers; readonly model: ModelLabels }): VNode {
  const { caption, columns, rows } = labelTable(details, model);
  return (
    <CellsTable
      caption={caption}
      headings={columns.map(({ heading, align }) => ({ text: heading, align }))}
      rows={rows.map(({ cells }, index) => {
        const figures = model.figures[index];
        const shares = [figures?.precision, figures?.recall, figures?.f1];
        const firstShare = cells.length - shares.length;
        return {
          key: figures?.label ?? '',
          cells: cells.map((cell, place) => {
            if (place === 0) return <bdi>{cellText(cell)}</bdi>;
            const share = shares[place - firstShare];
            return (
              <>
                {cellText(cell)}
                {share === undefined ? null : (
                  <Bar share={share.value} low={share.interval.low} high={share.interval.high} />
                )}
              </>
            );
          }),
        };
      })}
    />
  );
}

function ModelDetails(props: {
  readonly details: BoardAnswers;
  readonly model: ModelLabels;
  readonly isOpen: boolean;
}): VNode {
  const { details, model, isOpen } = props;
  const lines = details.labels.length > mostLabels ? confusionLines(model, mostConfusions) : [];
  return (
    <details class="more on-paper" open={isOpen}>
      <summary>
        <ModelName name={model.model} /> · {macroText(model)}
      </summary>
      <div>
        {details.labels.length > mostLabels ? (
          <>
            <h3>Largest confusions, of {details.labels.length} labels</h3>
            <ul class="notes">
              {lines.map(({ text }) => (
                <li key={text}>
                  <bdi>{text}</bdi>
                </li>
              ))}
            </ul>
          </>
        ) : (
          <Matrix details={details} model={model} />
        )}
        <h3>Label by label</h3>
        <LabelsTable details={details} model={model} />
        <Notes notes={labelNotes(details, model)} />
      </div>
    </details>
  );
}

function AnswerCell({ answer }: { readonly answer: ListedAnswer | null }): VNode {
  if (answer === null) return <>–</>;
  return (
    <span class={answer.score >= 1 ? 'verdict good' : undefined}>
      <bdi>{answerText(answer)}</bdi>
    </span>
  );
}

interface ListProps {
  readonly taskId: string;
  readonly agreement: ItemAgreement;
  readonly links: SampleLinks | undefined;
}

function ItemList({
  which,
  taskId,
  agreement,
  links,
}: ListProps & { readonly which: 'missed' | 'disputed' }): VNode | null {
  const { count, first } = agreement[which];
  if (count === 0) return null;
  const title = which === 'missed' ? missedText(agreement) : disputedText(agreement);
  const shown = first.slice(0, mostItems);
  const isByModel = agreement.models.length <= mostModelColumns;
  // Filters know right from wrong, and only items that every model has.
  const isFilter = agreement.isComplete && (which === 'disputed' || !agreement.isGraded);
  const all = isFilter ? links?.list(taskId, which) : undefined;
  const idOf = ({ itemId }: ListedItem): ComponentChildren =>
    links === undefined ? <bdi>{itemId}</bdi> : <a href={links.item(taskId, itemId)}>{itemId}</a>;
  const list = (
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
  // Errors of the data are worth a look at once; what models disagree about is the usual case.
  return which === 'missed' ? (
    <>
      <h3>{title}</h3>
      {list}
    </>
  ) : (
    <details class="more on-paper">
      <summary>{title}</summary>
      <div>{list}</div>
    </details>
  );
}

function FieldsTable({ details }: { readonly details: BoardAnswers }): VNode | null {
  if (details.byField.length === 0) return null;
  const { caption, columns, rows, notes } = fieldTable(details);
  return (
    <>
      <h3>{caption}</h3>
      <CellsTable
        caption={caption}
        headings={columns.map(({ heading, align }) => ({ text: heading, align }))}
        rows={rows.map(({ cells }) => ({
          key: cells.slice(0, 2).map(cellText).join(' '),
          cells: cells.map((cell, index) => <bdi key={columns[index]?.heading}>{cellText(cell)}</bdi>),
        }))}
      />
      <Notes notes={notes} />
    </>
  );
}

/** What the answers of one task say beside their accuracy: confusions, labels, fields, and items to look at. */
export function AnswersBlock({
  view,
  links,
}: {
  readonly view: BoardView;
  readonly links?: SampleLinks | undefined;
}): VNode | null {
  const { board, title } = view;
  const details = board.answerDetails;
  if (details === undefined) return null;
  const { byLabel, agreement } = details;
  const best = shownModel(board);
  const first = byLabel.find(({ model }) => model === best) ?? byLabel[0];
  const table =
    first !== undefined ? confusionTable(details, first) : details.byField.length > 0 ? fieldTable(details) : undefined;
  return (
    <Block
      id={`${view.id}-answers`}
      title={`${title}: answers`}
      subtitle={
        byLabel.length === 0
          ? 'What the answers are beside right and wrong.'
          : 'Which labels are taken for which. Rows are right labels, columns what was given; darker is a larger share of the row.'
      }
      {...(table !== undefined && { table: () => textTable(table) })}
    >
      {byLabel.map((model) => (
        <ModelDetails key={model.model} details={details} model={model} isOpen={model === first} />
      ))}
      <FieldsTable details={details} />
      {agreement === undefined
        ? null
        : (['missed', 'disputed'] as const).map((which) => (
            <ItemList key={which} which={which} taskId={board.taskId} agreement={agreement} links={links} />
          ))}
    </Block>
  );
}
