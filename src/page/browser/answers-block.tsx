import type { VNode } from 'preact';
import type { BoardAnswers, ModelLabels } from '../../scoring/answers/board-answers.ts';
import {
  confusionLines,
  confusionTable,
  fieldTable,
  labelNotes,
  labelTable,
  macroText,
} from '../../present/answer-tables.ts';
import { shownModel } from '../../present/answer-blocks.ts';
import { cellText, type Footnote, type Table } from '../../present/document.ts';
import type { TextTable } from '../table-text.ts';
import { Block } from './block.tsx';
import type { BoardView } from './board-view.ts';
import { ItemLists, type SampleLinks } from './item-lists.tsx';
import { LabelMatrix } from './label-matrix.tsx';
import { Bar, ModelName } from './page-parts.tsx';
import { CellsTable } from './tables.tsx';

/** With more labels a matrix is a wall of numbers: the largest confusions say more. */
const mostLabels = 30;
const mostConfusions = 20;

function textTable({ caption, columns, rows }: Table): TextTable {
  return {
    caption,
    headings: columns.map(({ heading }) => heading),
    align: columns.map(({ align }) => align),
    rows: rows.map(({ cells }) => cells.map(cellText)),
  };
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
interface LabelsProps {
  /** Of the task. */
  readonly title: string;
  readonly details: BoardAnswers;
  readonly model: ModelLabels;
}

function LabelsTable({ title, details, model }: LabelsProps): VNode {
  const { caption, columns, rows } = labelTable(details, model);
  return (
    <CellsTable
      caption={`${title}: ${caption}`}
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

function ModelDetails({ title, details, model, isOpen }: LabelsProps & { readonly isOpen: boolean }): VNode {
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
          <LabelMatrix title={title} details={details} model={model} />
        )}
        <h3>Label by label</h3>
        <LabelsTable title={title} details={details} model={model} />
        <Notes notes={labelNotes(details, model)} />
      </div>
    </details>
  );
}

function FieldsTable({ title, details }: Omit<LabelsProps, 'model'>): VNode | null {
  if (details.byField.length === 0) return null;
  const { caption, columns, rows, notes } = fieldTable(details);
  return (
    <>
      <h3>{caption}</h3>
      <CellsTable
        caption={`${title}: ${caption}`}
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
        <ModelDetails key={model.model} title={title} details={details} model={model} isOpen={model === first} />
      ))}
      <FieldsTable title={title} details={details} />
      <ItemLists title={title} taskId={board.taskId} agreement={agreement} links={links} />
    </Block>
  );
}
