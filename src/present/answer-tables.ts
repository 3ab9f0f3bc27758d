import { countOf, countText } from '../core/amount-text.ts';
import { listText } from '../scoring/board-text.ts';
import type {
  BoardAnswers,
  CountedShare,
  ItemAgreement,
  ListedAnswer,
  ListedItem,
  ModelLabels,
} from '../scoring/answers/board-answers.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { boardColumns } from './scoreboard-columns.ts';
import { largestConfusions } from '../scoring/answers/label-figures.ts';
import {
  type Cell,
  column,
  type Column,
  type Footnote,
  intervalParts,
  line,
  type Line,
  numberCell,
  row,
  type Table,
  table,
} from './document.ts';

/** Of the table of settings. */
const settingColumns: ReadonlySet<string> = new Set([
  'model',
  'accuracy',
  'tokensPerAnswer',
  'thinkingTokens',
  'budgetCut',
  'contentFiltered',
]);

/** In place of a count of 0, so that the others stand out. */
const none = '·';

function nameColumn(heading: string): Column {
  return { ...column(heading), isName: true };
}

function note(text: string, more: Partial<Footnote> = {}): Footnote {
  return { mark: '', text, isAboutIntervals: false, ...more };
}

function countCell(count: number, isRight = false): Cell {
  return count === 0 ? none : numberCell(count, 0, { isGrouped: true, ...(isRight && { mark: '✓', isBest: true }) });
}

/** What became of answers that gave no label, by what a matrix calls it. */
export const withoutLabel = ['unread', 'cut', 'failed'] as const;

/** Those that occur; unread ones are told even if there are none. */
export function shownWithoutLabel({ byLabel }: BoardAnswers): readonly (typeof withoutLabel)[number][] {
  return withoutLabel.filter(
    (kind) => kind === 'unread' || byLabel.some(({ rows }) => rows.some((own) => own[kind] > 0)),
  );
}

const withoutLabelNotes: Readonly<Record<(typeof withoutLabel)[number], string>> = {
  unread: 'unread: no label could be read from the answer',
  cut: 'cut: no answer came, the output ended in thoughts or a filter held it back',
  failed: 'failed: the request failed',
};

/** Headings longer than this, all together, are numbers instead. */
const widestHeadings = 56;
const longestHeading = 12;

/** What a matrix calls its labels: by their names, or by numbers where these have no room as headings. */
export function matrixNames(labels: readonly string[]): {
  readonly isNumbered: boolean;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
} {
  const isNumbered =
    labels.some((label) => label.length > longestHeading) ||
    labels.reduce((sum, label) => sum + label.length + 2, 0) > widestHeadings;
  if (!isNumbered) return { isNumbered, rows: labels, columns: labels };
  return {
    isNumbered,
    rows: labels.map((label, index) => `${index + 1} ${label}`),
    columns: labels.map((_, index) => String(index + 1)),
  };
}

/** Which label was taken for which, by one model. */
export function confusionTable(details: BoardAnswers, { model, rows, items }: ModelLabels): Table {
  const { labels } = details;
  const others = shownWithoutLabel(details);
  const names = matrixNames(labels);
  return table(
    [
      nameColumn('right ╲ answered'),
      ...names.columns.map((heading) => column(heading, 'right')),
      ...others.map((heading) => column(heading, 'right')),
      column('items', 'right'),
    ],
    rows.map((own) => {
      const given = new Map(own.given);
      return row([
        names.rows[labels.indexOf(own.label)] ?? own.label,
        ...labels.map((label) => countCell(given.get(label) ?? 0, label === own.label)),
        ...others.map((kind) => countCell(own[kind])),
        numberCell(own.items, 0, { isGrouped: true }),
      ]);
    }),
    {
      caption: `Right and given labels of ${model}, ${countOf(items, 'item')}`,
      notes: [
        note('a row per right label, a column per label that was given; ✓ right', { mark: '✓' }),
        ...others.map((kind) => note(withoutLabelNotes[kind])),
      ],
    },
  );
}

/** `billing read as bug: 7 of 40`, the most frequent first. */
export function confusionLines(model: ModelLabels, limit: number): readonly Line[] {
  return largestConfusions(model, limit).map(({ right, given, count, items }) =>
    line(`${right} read as ${given}: ${countText(count)} of ${countText(items)}`),
  );
}

/** Both ends of the interval are always told. */
function shareCell(share: CountedShare | undefined): Cell {
  return share === undefined ? numberCell(undefined, 3) : numberCell(share.value, 3, intervalParts(share.interval));
}

const textOfShare = ({ value, interval }: CountedShare): string =>
  `${value.toFixed(3)} [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;

function unknownNotes({ figures }: ModelLabels): readonly Footnote[] {
  const named = (isMeant: (share: { readonly support: number; readonly given: number }) => boolean): string =>
    listText(figures.filter(isMeant).map(({ label }) => label));
  const never = named(({ given, support }) => given === 0 && support > 0);
  const onlyGiven = named(({ support }) => support === 0);
  return [
    ...(never === '' ? [] : [note(`never given, so that precision and F1 aren't defined: ${never}`)]),
    ...(onlyGiven === '' ? [] : [note(`never right, so that recall and F1 aren't defined: ${onlyGiven}`)]),
  ];
}

/** The macro F1 of a model in words. */
export function macroText({ macroF1 }: ModelLabels): string {
  return `macro F1: ${textOfShare(macroF1)} over ${macroF1.labels} ${macroF1.labels === 1 ? 'label' : 'labels'}`;
}

/** What must be known about the figures of labels. */
export function labelNotes(details: BoardAnswers, model: ModelLabels): readonly Footnote[] {
  const { macroF1, figures } = model;
  return [
    ...unknownNotes(model),
    ...(figures.some(({ f1 }) => f1 === undefined) ? [note('macro F1 counts a label without F1 as 0')] : []),
    note(
      `95 % confidence intervals for new items of the kind: Wilson's of precision, recall and (of the items that have the label or were given it) F1; of macro F1: ${macroF1.interval.method} over items`,
      { isAboutIntervals: true, isDetail: true },
    ),
    ...(details.hasClusters
      ? [
          note(
            'items depend on each other within clusters, of which the intervals of single labels know nothing: they may be too narrow',
          ),
        ]
      : []),
  ];
}

/** Precision, recall and F1 of each label, by one model. */
export function labelTable(details: BoardAnswers, model: ModelLabels): Table {
  const number = (heading: string): Column => column(heading, 'right');
  return table(
    [
      nameColumn('Label'),
      number('Items'),
      number('Given'),
      number('Right'),
      number('Precision'),
      number('Recall'),
      number('F1'),
    ],
    model.figures.map(({ label, support, given, right, precision, recall, f1 }) =>
      row([
        label,
        ...[support, given, right].map((count) => numberCell(count, 0, { isGrouped: true })),
        ...[precision, recall, f1].map((share: CountedShare | undefined) => shareCell(share)),
      ]),
    ),
    {
      caption: `Labels of ${model.model} one by one`,
      verdict: macroText(model),
      notes: labelNotes(details, model),
    },
  );
}

function itemsText(count: number, { items, isComplete }: ItemAgreement): string {
  const some = `${countText(count)} of ${countText(items)} ${items === 1 ? 'item' : 'items'}`;
  return isComplete ? some : `${some} that at least two models answered`;
}

function areText(count: number): string {
  return count === 1 ? 'is' : 'are';
}

/** `7 of 40 items are missed by all 3 models; look at their labels`. */
export function missedText(agreement: ItemAgreement): string {
  const { missed, missedAlike, models, isComplete, isGraded } = agreement;
  const who = isComplete ? (models.length === 2 ? 'both models' : `all ${models.length} models`) : 'all that did';
  const how = isGraded ? 'scored 0 under' : 'missed by';
  const alike =
    missedAlike === 0 ? '' : ` (on ${countText(missedAlike)} of them at least two models give the same answer)`;
  return `${itemsText(missed.count, agreement)} ${areText(missed.count)} ${how} ${who}; look at their labels${alike}`;
}

/** `12 of 40 items are right by some models and wrong by others`. */
export function disputedText(agreement: ItemAgreement): string {
  const { disputed, isGraded } = agreement;
  const how = isGraded
    ? 'have different scores by model'
    : `${areText(disputed.count)} answered right by some models and wrong by others`;
  return `${itemsText(disputed.count, agreement)} ${isGraded && disputed.count === 1 ? 'has different scores by model' : how}`;
}

const answerWords: Readonly<Record<Exclude<ListedAnswer['kind'], 'answer'>, string>> = {
  unread: '(unreadable)',
  cut: '(cut)',
  failed: '(failed)',
};

/** What a list says of an answer; `✓` behind a right one. */
export function answerText(answer: ListedAnswer | null): string {
  if (answer === null) return '';
  const { kind, text, score } = answer;
  const said = kind === 'answer' ? text : answerWords[kind];
  return score >= 1 ? `${said} ✓` : said;
}

/** With more models, answers are counted rather than listed by model. */
export const mostModelColumns = 4;

/** `bug (3), billing ✓ (2)`. */
export function answersText({ answers }: ListedItem): string {
  const texts = answers.filter((answer) => answer !== null).map(answerText);
  return Array.from(
    Map.groupBy(texts, (text) => text),
    ([text, own]) => ({ text, count: own.length }),
  )
    .toSorted((left, right) => right.count - left.count)
    .map(({ text, count }) => `${text} (${count})`)
    .join(', ');
}

/** The first items of a list, with what the models answered. */
export function itemTable({ models, ...agreement }: ItemAgreement, which: 'missed' | 'disputed', limit: number): Table {
  const { count, first } = agreement[which];
  const shown = first.slice(0, limit);
  const isByModel = models.length <= mostModelColumns;
  const whole = { models, ...agreement };
  return table(
    [
      nameColumn('Item'),
      column('Expected'),
      ...(isByModel ? models.map((model) => column(model)) : [column('Answers')]),
    ],
    shown.map((item) =>
      row([item.itemId, item.expected, ...(isByModel ? item.answers.map(answerText) : [answersText(item)])]),
    ),
    {
      caption: which === 'missed' ? missedText(whole) : disputedText(whole),
      notes:
        count > shown.length ? [note(`the first ${shown.length} of ${countText(count)}; perbench view lists all`)] : [],
    },
  );
}

/** Accuracy and tokens per answer of the same weights under several settings. */
export function settingsTable(board: Scoreboard): Table {
  const own = (board.settingsOfWeights ?? []).flatMap(({ models }) => models);
  const rows = own.flatMap((model) => board.rows.find((found) => found.model === model) ?? []);
  const columns = boardColumns([board])
    .filter(({ id }) => settingColumns.has(id))
    .map((shown) => ({ ...shown, ...shown.read(board) }));
  return table(
    // Each as important as it stands to the left.
    columns.map((shown, index) => ({
      ...shown,
      priority: index,
      intervalPriority: columns.length,
      inPaper: undefined,
    })),
    rows.map((shown) => row(columns.map(({ cell }) => cell(shown)))),
    {
      caption: 'Accuracy against tokens per answer: the same weights under several settings',
      notes: [
        note('tokens: generated per answer on average, thoughts included'),
        note('95 % confidence intervals for new items of the kind', { isAboutIntervals: true, isDetail: true }),
      ],
    },
  );
}

/** How often each field of JSON answers was right. */
export function fieldTable({ byField }: BoardAnswers, only?: string): Table {
  const models = byField.filter(({ model }) => only === undefined || model === only);
  const paths = [...new Set(models.flatMap(({ fields }) => fields.map(({ path }) => path)))];
  const rows = paths.flatMap((path) =>
    models.flatMap(({ model, fields }) => {
      const found = fields.find((field) => field.path === path);
      if (found === undefined) return [];
      const { right, items, interval } = found;
      const counts = [numberCell(right, 0, { isGrouped: true }), numberCell(items, 0, { isGrouped: true })];
      return [
        row([path, ...(only === undefined ? [model] : []), ...counts, shareCell({ value: right / items, interval })]),
      ];
    }),
  );
  return table(
    [
      nameColumn('Field'),
      ...(only === undefined ? [column('Model')] : []),
      column('Right', 'right'),
      column('Items', 'right'),
      column('Share', 'right'),
    ],
    rows,
    {
      caption: only === undefined ? 'Fields of JSON answers' : `Fields of the JSON answers of ${only}`,
      notes: [
        note('items: those whose right answer has the field; a request that failed is none of them'),
        note('95 % confidence intervals (Wilson)', { isAboutIntervals: true, isDetail: true }),
      ],
    },
  );
}
