import { countOf, countText, percentText } from '../../core/amount-text.ts';
import { shortList } from '../../core/row-places.ts';
import { type RowParts, valueOf } from './checked-rows.ts';
import { type Check, finding } from './data-finding.ts';
import { compileSchema } from './json-schema.ts';
import { labelKey, labelSpellings } from './label-spelling.ts';

const repair = 'Repair the rows, or leave them out with --skip-invalid.';

/** A text so that what can't be seen can: spaces, line breaks, other characters without a shape. */
export function visible(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(shown).replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{A0}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** How often each text comes, the commonest first. */
function countsOf(texts: readonly string[]): readonly (readonly [text: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([, left], [, right]) => right - left);
}

function counted(texts: readonly string[], shown = 5): string {
  return shortList(
    countsOf(texts).map(([text, count]) =>
      count === 1 ? visible(text) : `${visible(text)} (${countText(count)} times)`,
    ),
    shown,
  );
}

/** Rows whose target is missing, or isn't what the task's answers are. */
const faultyTargets: Check = ({ definition, rows }) => {
  const { target, answer, unanswerable } = definition;
  if (target === undefined) return [];
  const faulty = rows.flatMap((row) =>
    row.right !== undefined && 'fault' in row.right ? [{ row, ...row.right }] : [],
  );
  const blank = faulty.filter(({ row }) => row.isTargetBlank).map(({ row }) => row);
  const miscounted = faulty.filter(({ isMiscounted }) => isMiscounted).map(({ row }) => row);
  const odd = faulty.filter(({ row, isMiscounted }) => !row.isTargetBlank && !isMiscounted);
  const expected = odd[0]?.fault;
  const canBeNone = answer === 'text' && unanswerable === undefined;
  return [
    ...finding(
      'error',
      'empty_target',
      blank,
      (at) => `${at}: the target \`${target}\` is empty`,
      canBeNone ? 'Fill it in, or say with unanswerable what a model should write there.' : repair,
    ),
    ...finding(
      'error',
      'miscounted_choice',
      miscounted,
      (at) => `${at}: the target \`${target}\` is one more than there are choices: it seems to count from 1`,
      'Set firstChoice: 1.',
    ),
    ...finding(
      'error',
      invalidCodes[answer],
      odd.map(({ row }) => row),
      (at) =>
        `${at}: the target \`${target}\` must be ${expected}, got ${counted(odd.flatMap(({ row }) => row.targetTexts))}`,
      answer === 'label' ? `${repair} Or add these labels to labels.` : repair,
    ),
  ];
};

const invalidCodes = {
  label: 'target_not_label',
  choice: 'target_not_choice',
  number: 'target_not_number',
  json: 'target_not_json',
  text: 'target_not_text',
  free: 'target_not_text',
} as const;

/** Right answers that no answer could give and be right: the schema forbids them. */
const schemaBreaks: Check = ({ definition, rows }) => {
  const { score, target } = definition;
  if (score.kind !== 'json' || score.schema === undefined || target === undefined) return [];
  const check = compileSchema(score.schema);
  const broken = rows.flatMap((row) => {
    const right = valueOf(row.right);
    const problem = right === undefined ? undefined : check(right.json);
    return problem === undefined ? [] : [{ row, problem }];
  });
  return finding(
    'error',
    'target_breaks_schema',
    broken.map(({ row }) => row),
    (at) => `${at}: the target \`${target}\` breaks the schema: ${commonest(broken.map(({ problem }) => problem))}`,
    'Repair the rows, or the schema.',
  );
};

/** Different texts, the commonest first. */
function commonest(texts: readonly string[]): string {
  const counts = countsOf(texts);
  return shortList(
    counts.map(([text, count]) => (counts.length === 1 ? text : `${text} (${countText(count)})`)),
    3,
  );
}

/** Labels that only spelling tells apart. */
const labelSpelling: Check = ({ definition, rows }) => {
  if (definition.answer !== 'label') return [];
  const labels = definition.labels ?? [];
  return labelSpellings(rows.flatMap(({ targetTexts }) => targetTexts)).flatMap(({ label, spellings }) => {
    const key = labelKey(label);
    const own = labels.filter((each) => labelKey(each) === key);
    const isOne = own.length < 2;
    const kept = spellings.find(({ text }) => text === (own[0] ?? label)) ?? spellings[0];
    const others = spellings.filter((spelling) => spelling !== kept);
    if (kept === undefined || others.length === 0) return [];
    const texts = new Set(others.map(({ text }) => text));
    const odd = rows.filter(({ targetTexts }) => targetTexts.some((text) => texts.has(text)));
    const listed = shortList(
      others.map(({ text, count }) => `${visible(text)} (${countOf(count, 'row')})`),
      5,
    );
    const counts = isOne
      ? 'they count as one label'
      : 'labels lists several of them, so they count as different labels';
    return finding(
      'warning',
      'label_spelling',
      odd,
      (at) =>
        `${at}: the label ${visible(kept.text)} (${countOf(kept.count, 'row')}) is also spelled ${listed}; ${counts}`,
      isOne ? 'Spell it in one way.' : 'Leave all but one out of labels.',
    );
  });
};

function rowsByLabel(rows: readonly RowParts[]): ReadonlyMap<string, readonly RowParts[]> {
  const groups = new Map<string, RowParts[]>();
  for (const row of rows) {
    for (const label of valueOf(row.right)?.texts ?? []) {
      const group = groups.get(label);
      if (group === undefined) groups.set(label, [row]);
      else group.push(row);
    }
  }
  return groups;
}

const dominantShare = 0.9;

/** What always giving one label reaches. */
const dominantLabel: Check = ({ definition, rows }) => {
  if (definition.answer !== 'label') return [];
  const groups = [...rowsByLabel(rows)].toSorted(([, left], [, right]) => right.length - left.length);
  const [first] = groups;
  if (first === undefined || first[1].length <= dominantShare * rows.length) return [];
  const [label, own] = first;
  const level = 'warning';
  const code = 'dominant_label';
  const hint = 'Add rows of other labels, or compare by macro_f1.';
  if (own.length === rows.length) {
    const message = `all rows have the label ${visible(label)}: always answering it is never wrong`;
    return [{ level, code, message, rows: [], hint }];
  }
  const these = new Set(own);
  return finding(
    level,
    code,
    rows.filter((row) => !these.has(row)),
    (at) =>
      `${percentText(own.length / rows.length)} of the rows have the label ${visible(label)}, so always answering it is right as often; the others are ${at}`,
    hint,
  );
};

/** Of labels with so few rows nothing can be said. */
const fewestOfLabel = 2;

const rareLabels: Check = ({ definition, rows }) => {
  if (definition.answer !== 'label') return [];
  const groups = rowsByLabel(rows);
  const rare = (definition.labels ?? []).filter((label) => (groups.get(label)?.length ?? 0) < fewestOfLabel);
  if (rare.length === 0) return [];
  const none = rare.filter((label) => !groups.has(label));
  const once = rare.filter((label) => groups.has(label));
  const parts = [
    ...(none.length === 0
      ? []
      : [`no row has the ${none.length === 1 ? 'label' : 'labels'} ${shortList(none.map(visible), 5)}`]),
    ...(once.length === 0 ? [] : [`only one row each has ${shortList(once.map(visible), 5)}`]),
  ];
  return [
    {
      level: 'warning',
      code: 'rare_label',
      message: `${parts.join('; ')}: nothing can be said of how well a model knows ${rare.length === 1 ? 'it' : 'them'}`,
      rows: once.flatMap((label) => groups.get(label) ?? []).map(({ row: { file, line } }) => ({ file, line })),
      hint: 'Add rows, or leave the label out.',
    },
  ];
};

/** Choices that are missing, or can't be told apart. */
const choices: Check = ({ definition, rows }) => {
  if (definition.answer !== 'choice') return [];
  const faulty = rows.flatMap((row) =>
    row.choices !== undefined && 'fault' in row.choices ? [{ row, fault: row.choices.fault }] : [],
  );
  const doubled = rows.filter((row) => repeatedChoices(row).size > 0);
  const undecided = doubled.filter((row) => {
    const repeated = repeatedChoices(row);
    const texts = valueOf(row.choices)?.texts ?? [];
    return valueOf(row.right)?.positions.some((position) => repeated.has((texts[position] ?? '').trim())) === true;
  });
  const open = new Set(undecided);
  const harmless = doubled.filter((row) => !open.has(row));
  const columns = [definition.choices ?? []]
    .flat()
    .map((column) => `\`${column}\``)
    .join(', ');
  const ask = 'Make the choices of each row different.';
  return [
    ...finding(
      'error',
      'invalid_choices',
      faulty.map(({ row }) => row),
      (at) => `${at}: the choices in ${columns} must be ${faulty[0]?.fault}`,
      repair,
    ),
    ...finding(
      'error',
      'duplicate_right_choice',
      undecided,
      (at) => `${at}: another choice is the same as the right one`,
      ask,
    ),
    ...finding('warning', 'duplicate_choice', harmless, (at) => `${at}: two of the choices are the same`, ask),
  ];
};

function repeatedChoices(row: RowParts): ReadonlySet<string> {
  const texts = (valueOf(row.choices)?.texts ?? []).map((text) => text.trim());
  return new Set(texts.filter((text, index) => texts.indexOf(text) !== index));
}

/** Characters that nobody sees and no model writes; line breaks and tabs aside, which texts may have. */
const unseen = /[\p{Cc}\p{Cf}]/u;

const unseenCharacters: Check = ({ definition, rows }) => {
  const { target, answer } = definition;
  if (target === undefined || answer === 'json') return [];
  // Joiners of emoji and of Indic and Arabic letters belong to a text.
  const plain = (text: string): string => text.replaceAll(/[\t\n\r\u{200C}\u{200D}]/gu, '');
  const odd = rows.filter(({ targetTexts }) => targetTexts.some((text) => unseen.test(plain(text))));
  return finding(
    'warning',
    'unseen_characters',
    odd,
    (at) =>
      `${at}: the target \`${target}\` has characters that can't be seen: ${counted(
        odd.flatMap(({ targetTexts }) => targetTexts.filter((text) => unseen.test(plain(text)))),
        3,
      )}`,
    'Remove them: an answer without them would be wrong.',
  );
};

/** Checks of what is right. */
export const targetChecks: readonly Check[] = [
  faultyTargets,
  schemaBreaks,
  choices,
  labelSpelling,
  dominantLabel,
  rareLabels,
  unseenCharacters,
];
