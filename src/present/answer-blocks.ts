import { namedModels } from '../scoring/answer.ts';
import type { BoardAnswers, ModelLabels } from '../scoring/answers/board-answers.ts';
import { type Scoreboard, valueOf } from '../scoring/scoreboard.ts';
import {
  confusionLines,
  confusionTable,
  disputedText,
  fieldTable,
  itemTable,
  labelTable,
  settingsTable,
} from './answer-tables.ts';
import { type Block, line, listBlock, type Records, type Scalar, tableBlock, textBlock } from './document.ts';

/** Labels of a matrix on a screen, and on a page. */
const mostOnScreen = 12;
const mostOnPage = 30;
/** Confusions of a list, where there is no matrix. */
const mostConfusions = 10;
/** Items of a list: where a terminal isn't whole, and elsewhere. */
const fewItems = 5;
const manyItems = 20;

const ownTask = /\/own@/u;

function heading(text: string): Block {
  return { kind: 'heading', text, level: 4, tone: 'heading' };
}

/** A matrix; with too many labels the largest confusions. */
function confusionBlocks(details: BoardAnswers, model: ModelLabels, mostLabels: number): readonly Block[] {
  if (details.labels.length <= mostLabels) return [tableBlock(confusionTable(details, model))];
  const lines = confusionLines(model, mostConfusions);
  return [
    heading(`Largest confusions of ${model.model}, of ${details.labels.length} labels`),
    ...listBlock(lines.length === 0 ? [line('none')] : lines, 2),
  ];
}

function itemBlocks({ agreement }: BoardAnswers, limit: number): readonly Block[] {
  if (agreement === undefined) return [];
  return (['missed', 'disputed'] as const)
    .filter((which) => agreement[which].count > 0)
    .map((which) => tableBlock(itemTable(agreement, which, limit)));
}

function wholeBlocks(details: BoardAnswers, mostLabels: number): readonly Block[] {
  return [
    ...details.byLabel.flatMap((model) => [
      ...confusionBlocks(details, model, mostLabels),
      tableBlock(labelTable(details, model)),
    ]),
    ...(details.byField.length === 0 ? [] : [tableBlock(fieldTable(details))]),
    ...itemBlocks(details, manyItems),
  ];
}

function settingBlocks(board: Scoreboard): readonly Block[] {
  return (board.settingsOfWeights ?? []).length === 0 ? [] : [tableBlock(settingsTable(board))];
}

/** The model whose answers are shown where there is room for one: the recommended, else the most accurate. */
export function shownModel({ answer, rows }: Scoreboard): string | undefined {
  const [named] = answer === undefined ? [] : namedModels(answer);
  if (named !== undefined) return named;
  const [best] = rows.toSorted(
    (left, right) => (valueOf(right.measurements.accuracy) ?? -1) - (valueOf(left.measurements.accuracy) ?? -1),
  );
  return best?.model;
}

/** Of a task of the user's own: the answers of one model, and items that may have wrong labels. */
function briefBlocks(board: Scoreboard, details: BoardAnswers): readonly Block[] {
  if (!ownTask.test(board.taskId)) return [];
  const model = shownModel(board);
  const labels = details.byLabel.find((own) => own.model === model);
  const hasFields = details.byField.some((own) => own.model === model);
  const { agreement } = details;
  return [
    ...(labels === undefined ? [] : confusionBlocks(details, labels, mostOnScreen)),
    ...(hasFields ? [tableBlock(fieldTable(details, model))] : []),
    ...(agreement !== undefined && agreement.missed.count > 0
      ? [tableBlock(itemTable(agreement, 'missed', fewItems))]
      : []),
    ...(agreement !== undefined && agreement.disputed.count > 0 ? [textBlock(disputedText(agreement))] : []),
  ];
}

/** In a terminal: everything where it is whole, else of tasks of the user's own what matters most. */
export function answerScreen(board: Scoreboard): readonly Block[] {
  const details = board.answerDetails;
  const settings = settingBlocks(board);
  if (details === undefined) return settings;
  const whole = [...settings, ...wholeBlocks(details, mostOnScreen)];
  return [{ kind: 'alternative', whole, brief: [...settings, ...briefBlocks(board, details)] }];
}

/** On a page: everything. */
export function answerPage(board: Scoreboard): readonly Block[] {
  const details = board.answerDetails;
  return [...settingBlocks(board), ...(details === undefined ? [] : wholeBlocks(details, mostOnPage))];
}

type Told = readonly [board: Scoreboard, details: BoardAnswers];

function toldOf(boards: readonly Scoreboard[]): readonly Told[] {
  return boards.flatMap((board): Told[] => (board.answerDetails === undefined ? [] : [[board, board.answerDetails]]));
}

/** Counts of right and given labels, one record per model and pair that occurs; `outcome` says why none was given. */
export function confusionRecords(boards: readonly Scoreboard[]): Records {
  const rows = toldOf(boards).flatMap(([{ taskId }, { byLabel }]) =>
    byLabel.flatMap(({ model, rows: own }) =>
      own.flatMap(({ label, given, unread, cut, failed }): (readonly Scalar[])[] => {
        const others = Object.entries({ unread, cut, failed }).filter(([, count]) => count > 0);
        return [
          ...given.map(([name, count]) => [taskId, model, label, name, 'answer', count]),
          ...others.map(([kind, count]) => [taskId, model, label, undefined, kind, count]),
        ];
      }),
    ),
  );
  return { headings: ['task', 'model', 'right', 'given', 'outcome', 'items'], rows };
}

/** Precision, recall and F1, one record per model and label. */
export function labelRecords(boards: readonly Scoreboard[]): Records {
  const shares = ['precision', 'recall', 'f1'] as const;
  const rows = toldOf(boards).flatMap(([{ taskId }, { byLabel }]) =>
    byLabel.flatMap(({ model, figures }) =>
      figures.map((figure): readonly Scalar[] => [
        taskId,
        model,
        figure.label,
        figure.support,
        figure.given,
        figure.right,
        ...shares.flatMap((name) => [figure[name]?.value, figure[name]?.interval.low, figure[name]?.interval.high]),
      ]),
    ),
  );
  const names = shares.flatMap((name) => [name, `${name}_low`, `${name}_high`]);
  return { headings: ['task', 'model', 'label', 'items', 'given', 'right', ...names], rows };
}

/** Items that all models miss and those that they disagree about, one record per item and model. */
export function itemRecords(boards: readonly Scoreboard[]): Records {
  const rows = toldOf(boards).flatMap(([{ taskId }, { agreement }]) => {
    if (agreement === undefined) return [];
    return (['missed', 'disputed'] as const).flatMap((which) =>
      agreement[which].first.flatMap(({ itemId, expected, answers }) =>
        answers.flatMap((answer, index): (readonly Scalar[])[] =>
          answer === null
            ? []
            : [[taskId, which, itemId, expected, agreement.models[index], answer.kind, answer.text, answer.score]],
        ),
      ),
    );
  });
  return { headings: ['task', 'list', 'item', 'expected', 'model', 'outcome', 'answer', 'score'], rows };
}

/** Fields of JSON answers, one record per model and field. */
export function fieldRecords(boards: readonly Scoreboard[]): Records {
  const rows = toldOf(boards).flatMap(([{ taskId }, { byField }]) =>
    byField.flatMap(({ model, fields }) =>
      fields.map(({ path, right, items, interval }): readonly Scalar[] => [
        taskId,
        model,
        path,
        right,
        items,
        right / items,
        interval.low,
        interval.high,
      ]),
    ),
  );
  return { headings: ['task', 'model', 'field', 'right', 'items', 'share', 'share_low', 'share_high'], rows };
}
