import { countText, percentText } from '../../core/amount-text.ts';
import { medianOf } from '../../stats/means.ts';
import { questionKey, type RowParts, someOf, valueOf } from './checked-rows.ts';
import { columnValue, isBlank, valueText } from './column-value.ts';
import { type Check, type CheckedData, finding } from './data-finding.ts';
import { labelKey } from './label-spelling.ts';

/** Rows without an input, or with one that can't be asked. */
const faultyInputs: Check = ({ definition, rows }) => {
  const name = `\`${definition.input}\``;
  const blank = rows.filter(({ isInputBlank }) => isInputBlank);
  const odd = rows.filter(({ isInputBlank, input }) => !isInputBlank && 'fault' in input);
  const [fault] = odd.map(({ input }) => ('fault' in input ? input.fault : ''));
  return [
    ...finding('error', 'empty_input', blank, (at) => `${at}: the input ${name} is empty`, fillIn),
    ...finding('error', 'invalid_input', odd, (at) => `${at}: the input ${name} must be ${fault}`, fillIn),
  ];
};

const fillIn = 'Repair the rows, or leave them out with --skip-invalid.';

function groupsOf(rows: readonly RowParts[], keyOf: (row: RowParts) => string): readonly (readonly RowParts[])[] {
  const groups = new Map<string, RowParts[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** What a row's right answers are, whatever their order and spelling. */
function answerKey({ right, targetTexts }: RowParts): string {
  const known = valueOf(right);
  if (known === undefined || known.json !== undefined) return JSON.stringify(targetTexts.toSorted());
  if (known.positions.length > 0) return JSON.stringify(known.positions.toSorted((left, right_) => left - right_));
  return JSON.stringify(known.texts.length > 0 ? known.texts.toSorted() : [known.expected]);
}

/** The same question twice counts double; with different answers no model can be right on both. */
const duplicateInputs: Check = ({ definition, rows }) => {
  const keyOf = questionKey(definition);
  const asked = rows.filter(({ isInputBlank }) => !isInputBlank);
  const repeated = groupsOf(asked, ({ row }) => keyOf(row.values)).filter((group) => group.length > 1);
  const differs = (group: readonly RowParts[]): boolean => new Set(group.map(answerKey)).size > 1;
  const contradicting = repeated.filter(differs);
  const same = repeated.filter((group) => !differs(group));
  const count = (groups: readonly unknown[]): string =>
    groups.length === 1 ? 'one input' : `${countText(groups.length)} inputs`;
  return [
    ...finding(
      'warning',
      'contradictory_input',
      contradicting.flat(),
      (at) =>
        `${at}: ${count(contradicting)} more than once, with different targets: no model can be right on all of these rows`,
      'Decide which target is right, and remove the other rows.',
    ),
    ...finding(
      'warning',
      'duplicate_input',
      same.flatMap((group) => group.slice(1)),
      (at) =>
        `${at}: ${count(same)} again, with the same target: such rows count double, and intervals become too narrow`,
      'Keep one row of each.',
    ),
  ];
};

/** An example that is asked too tells the model the answer. */
const examplesAsked: Check = ({ definition, rows, examples }) => {
  const keyOf = questionKey(definition);
  const shown = new Map(examples.map(({ row }) => [keyOf(row.values), row]));
  const leaked = rows.filter(({ row, isInputBlank }) => !isInputBlank && shown.has(keyOf(row.values)));
  const first = leaked[0] === undefined ? undefined : shown.get(keyOf(leaked[0].row.values));
  return finding(
    definition.examples?.from === undefined ? 'warning' : 'error',
    'example_is_item',
    leaked,
    (at) =>
      `${at}: also among the examples that prompts may show${first === undefined ? '' : ` (the first is ${first.file}:${first.line})`}: they tell the answer`,
    'Remove these rows here or there.',
  );
};

/** Roughly: four characters of alphabets are a token, and each character of Chinese, Japanese and Korean is one. */
function roughTokens(text: string): number {
  const dense = text.match(/[\u2e80-\u9fff\uac00-\ud7af]/gu)?.length ?? 0;
  return dense + (text.length - dense) / 4;
}

/** Inputs above it don't fit a context of so many tokens, which is a small one. */
const smallContext = 4096;
/** So many times the median is another kind of row, such as one in which a quote swallowed others. */
const farLonger = 20;
const shortestLong = 2000;

const longInputs: Check = ({ rows }) => {
  const inputs = rows.map((row) => {
    const text = valueOf(row.input) ?? '';
    // Most are so short that nothing need be counted.
    return { row, characters: text.length, tokens: text.length <= smallContext ? 0 : roughTokens(text) };
  });
  const tooLong = inputs.filter(({ tokens }) => tokens > smallContext);
  const median = medianOf(inputs.map(({ characters }) => characters));
  const outliers = inputs.filter(({ characters }) => characters > shortestLong && characters > farLonger * median);
  const most = (values: readonly number[]): string =>
    countText(Math.round(values.reduce((max, each) => Math.max(max, each), 0)));
  return [
    ...finding(
      'warning',
      'long_input',
      tooLong.map(({ row }) => row),
      (at) =>
        `${at}: up to ${most(tooLong.map(({ tokens }) => tokens))} tokens, estimated roughly from the characters: too long for a context of ${countText(smallContext)} tokens`,
      'Shorten them, or use models with a longer context: elsewhere these items fail.',
    ),
    ...finding(
      'warning',
      'far_longer_input',
      rows.length < 5 ? [] : outliers.map(({ row }) => row),
      (at) =>
        `${at}: up to ${most(outliers.map(({ characters }) => characters))} characters, where half of the rows have at most ${countText(median)}`,
      'Look at these rows: an open quote may have swallowed others.',
    ),
  ];
};

const ids: Check = ({ definition, rows }) => {
  const { id } = definition;
  if (id === undefined) return [];
  const isWithout = ({ row }: RowParts): boolean => isBlank(columnValue(row.values, id));
  const blank = rows.filter(isWithout);
  const groups = groupsOf(
    rows.filter((row) => !isWithout(row)),
    ({ row }) => valueText(columnValue(row.values, id)).trim(),
  );
  const repeated = groups.filter((group) => group.length > 1).flatMap((group) => group.slice(1));
  return [
    ...finding('error', 'empty_id', blank, (at) => `${at}: the id \`${id}\` is empty`, otherId),
    ...finding('error', 'duplicate_id', repeated, (at) => `${at}: the id \`${id}\` is that of an earlier row`, otherId),
  ];
};

const otherId = 'Repair the ids, or leave out id: then a hash of each row is its id.';

/** So many rows are looked at for a leak. */
const leakSample = 2000;
const fewestForLeak = 5;
const leakShare = 0.8;

/**
 * The right label stands in the input of most rows, and the wrong ones don't. Labels that any text contains, or inputs that
 * list all labels, are no leak: there the wrong ones stand as often.
 */
const labelLeak: Check = (data) => {
  const labels = data.definition.labels ?? [];
  if (data.definition.answer !== 'label' || labels.length < 2) return [];
  const looked = answered(data).map(({ texts: [label = ''], ...rest }) => ({ ...rest, label }));
  if (looked.length < fewestForLeak) return [];
  const keys = labels.map((label) => wordsText(label));
  let wrong = 0;
  const leaking = looked.filter(({ input, label }) => {
    const words = wordsText(input);
    const held = labels.filter((_, index) => words.includes(keys[index] ?? ''));
    wrong += held.filter((each) => each !== label).length / (labels.length - 1);
    return held.includes(label);
  });
  const share = leaking.length / looked.length;
  if (share < leakShare || share - wrong / looked.length < 0.5) return [];
  const where = looked.length === data.rows.length ? '' : ` that were looked at`;
  return finding(
    'warning',
    'target_in_input',
    leaking.map(({ row }) => row),
    (at) =>
      `${at}: the input holds its own label in ${countText(leaking.length)} of ${countText(looked.length)} rows${where} (${percentText(share)}), but seldom a wrong one: it may tell the answer`,
    'Remove the label from the input, unless a model will have it in use too.',
  );
};

/** Words alone, in lower case, with a space around each, so that whole words are found. */
function wordsText(text: string): string {
  return ` ${labelKey(text)
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()} `;
}

/** Texts that are the right answer and a part of the input: so it must be where answers are taken out of a passage. */
const textInInput: Check = (data) => {
  if (data.definition.answer !== 'text') return [];
  const looked = answered(data);
  const holding = looked.filter(({ input, texts }) => texts.some((text) => text.length > 2 && input.includes(text)));
  if (looked.length < fewestForLeak || holding.length < leakShare * looked.length) return [];
  return finding(
    'note',
    'target_in_input',
    holding.map(({ row }) => row),
    (at) =>
      `${at}: the target is a part of the input in ${countText(holding.length)} of ${countText(looked.length)} rows: right where answers are taken out of the input, a leak elsewhere`,
  );
};

interface Answered {
  readonly row: RowParts;
  readonly input: string;
  /** Right answers, at least one. */
  readonly texts: readonly string[];
}

/** Of some rows: enough for a share. */
function answered({ rows }: CheckedData): readonly Answered[] {
  return someOf(rows, leakSample).flatMap((row) => {
    const input = valueOf(row.input);
    const texts = valueOf(row.right)?.texts ?? [];
    return input === undefined || texts.length === 0 ? [] : [{ row, input, texts }];
  });
}

/** Checks of what is asked. */
export const inputChecks: readonly Check[] = [
  faultyInputs,
  duplicateInputs,
  examplesAsked,
  longInputs,
  ids,
  labelLeak,
  textInInput,
];
