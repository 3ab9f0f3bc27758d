import { decimalsFor, humanScale } from '../core/amount-text.ts';
import { constraintNames, formatLimit, limitList } from '../core/limits.ts';
import { type Answer, type Answers, type Candidate, namedModels, type WeightCurve } from '../scoring/answer.ts';
import {
  answersHeadline,
  answerSentences,
  confidenceText,
  namedText,
  shortTitle,
  stateWords,
} from '../scoring/answer-text.ts';
import { scoreWithInterval } from '../scoring/board-text.ts';
import { checkText, gateText } from '../scoring/constraints.ts';
import { headlineNote } from '../scoring/headline.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import {
  type Block,
  type Cell,
  column,
  type Document,
  createDocument,
  gap,
  line,
  type Line,
  listBlock,
  missing,
  numberCell,
  type RecordColumn,
  records,
  type Row,
  row,
  simpleTable,
  table,
  tableBlock,
  textBlock,
} from './document.ts';
import type { Report } from './report.ts';

/** Raised when a reader of an older file would misunderstand a newer one. */
const schema = 'perbench-decision/2';

const shares = (value: number): string => value.toFixed(2);

/** Why a model isn't the one recommended. */
function whyNot(candidate: Candidate): string {
  const { reasons, requiredAccuracy: required, requiredInterval: range, accuracy, usability } = candidate;
  const what = usability[0]?.metric ?? 'accuracy';
  if (reasons.length > 0) return reasons.join('; ');
  if (required === undefined || accuracy === undefined) return '';
  if ((range?.low ?? required) >= 1) return `needs ${what} ${required.toFixed(2)}: cannot be first at any ${what}`;
  return `needs ${what} ${scoreWithInterval(required, range)}, has ${accuracy.toFixed(3)}`;
}

/** `which model for gsm8k/per@2, with memory <= 2 GiB? (PER-A/…)` */
export function decisionQuestion({ tasks, limits, scoreVersion }: Answer): string {
  const isSingle = tasks.length === 1;
  const on = tasks.map(({ taskId, weight }) => (isSingle ? taskId : `${taskId} (weight ${shares(weight)})`));
  const bounds = limitList(limits, constraintNames).map(formatLimit);
  return `which model for ${on.join(', ')}${bounds.length > 0 ? `, with ${bounds.join(', ')}` : ''}? (${scoreVersion})`;
}

/** Who is first at other weights; nothing where the same model always is. */
function curveText({ of, weight, segments }: WeightCurve, first: string | undefined): string | undefined {
  const others = segments.filter(({ model }) => model !== first);
  if (others.length === 0) return undefined;
  const parts = others.map(({ model, from, to }) => {
    if (shares(from) === shares(to)) return `${model} around ${shares(from)}`;
    if (from === 0) return `${model} below ${shares(to)}`;
    return to === 1 ? `${model} from ${shares(from)}` : `${model} from ${shares(from)} to ${shares(to)}`;
  });
  return `weight of ${of} (now ${shares(weight)}): ${parts.join(', ')}`;
}

/** What else the answer hangs on, as pairs of a word and a phrase. */
export function answerFacts(answer: Answer): readonly Line[] {
  const { nextCheaper, runnerUp, largestGates, candidates, wouldChange } = answer;
  const [first] = namedModels(answer);
  const told = (model: string | undefined): string => {
    const candidate = candidates.find((each) => each.model === model);
    if (candidate === undefined) return '';
    const why = whyNot(candidate);
    const score = candidate.score === undefined ? '' : ` ${candidate.score.toFixed(3)}`;
    return `${candidate.model}${score}${why === '' ? '' : `: ${why}`}`;
  };
  const open = candidates.find(({ model }) => model === first)?.checks.filter(({ doubt }) => doubt !== undefined) ?? [];
  const isLeft = answer.kind === 'recommend' && runnerUp !== undefined;
  const facts = [
    ...(isLeft ? [['runner-up', told(runnerUp)] as const] : []),
    ...open.map((check) => ['uncertain', checkText(check)] as const),
    ...(nextCheaper === undefined || nextCheaper === runnerUp ? [] : [['next cheaper', told(nextCheaper)] as const]),
    ...largestGates.map((gate) => ['would pass', gateText(gate)] as const),
    ...wouldChange.flatMap((curve) => {
      const text = first === undefined ? undefined : curveText(curve, first);
      return text === undefined ? [] : [['depends on weights', text] as const];
    }),
  ];
  return facts.map(([what, text]) => line(text, 'plain', what));
}

/** Device time per item for people: `120 ms`. */
function costCell(costSeconds: number | undefined): Cell {
  if (costSeconds === undefined) return missing;
  const scale = humanScale('ms', [costSeconds * 1000]);
  const value = (costSeconds * 1000) / scale.divisor;
  return numberCell(value, decimalsFor(value), { after: ` ${scale.label}` });
}

function candidateRow(candidate: Candidate, answer: Answer): Row {
  const { rank, model, state, costSeconds, score, interval } = candidate;
  const isNamed = namedModels(answer).includes(model);
  const why = whyNot(candidate) || (stateWords[state] ?? '');
  return row([
    numberCell(rank, 0),
    model,
    score === undefined || interval === undefined ? numberCell(score, 3) : scoreWithInterval(score, interval),
    costCell(costSeconds),
    isNamed ? (answer.kind === 'tie' ? 'tied' : 'recommended') : why,
  ]);
}

function answerBlocks(answer: Answer, boards: readonly Scoreboard[]): readonly Block[] {
  const own = boards.filter(({ taskId }) => answer.tasks.some((task) => task.taskId === taskId));
  const [headline = '', ...sentences] = answerSentences(answer, own);
  return [
    textBlock(decisionQuestion(answer), 'muted'),
    textBlock(headline, 'title', answer.kind === 'recommend' ? 'best' : 'doubtful'),
    ...sentences.map((text) => textBlock(text)),
    ...listBlock(answerFacts(answer), 2),
    gap,
    tableBlock(
      table(
        ['#', 'model', 'score', 'device time', ''].map((heading) =>
          column(heading, heading === 'model' || heading === '' ? 'left' : 'right'),
        ),
        answer.candidates.map((candidate) => candidateRow(candidate, answer)),
      ),
    ),
  ];
}

/** Task by task: which model, how sure, why. */
function taskTable(answers: readonly Answer[]): Block {
  const rows = answers.map((answer): readonly Cell[] => {
    return [shortTitle(answer), namedText(answer), confidenceText(answer)];
  });
  return tableBlock(simpleTable(['task', 'model', 'how sure'], rows));
}

const recordColumns: readonly RecordColumn<[Candidate, Answer]>[] = [
  ['task', (_, { tasks }) => tasks.map(({ taskId }) => taskId).join('+')],
  ['answer', (_, { kind }) => kind],
  ['rank', ({ rank }) => rank],
  ['model', ({ model }) => model],
  ['state', ({ state }) => state],
  ['is_named', ({ model }, answer) => String(namedModels(answer).includes(model))],
  ['score_version', (_, { scoreVersion }) => scoreVersion],
  ['score', ({ score }) => score],
  ['score_low', ({ interval }) => interval?.low],
  ['score_high', ({ interval }) => interval?.high],
  ['support', ({ support }) => support],
  ['device_seconds', ({ costSeconds }) => costSeconds],
  ['accuracy', ({ accuracy }) => accuracy],
  ['required_accuracy', ({ requiredAccuracy }) => requiredAccuracy],
  ['required_accuracy_low', ({ requiredInterval }) => requiredInterval?.low],
  ['required_accuracy_high', ({ requiredInterval }) => requiredInterval?.high],
  ['why_not', (candidate) => whyNot(candidate) || undefined],
];

/** The answer to "which model?": what to do, what it hangs on, every model with its reason. */
export function decisionDocument(answers: Answers, { scoreboards, notes = [] }: Report): Document {
  const { tasks, weighted } = answers;
  const verdict = answersHeadline(answers);
  const shown = weighted === undefined ? tasks : [weighted];
  const [only, ...others] = shown;
  const several: readonly Block[] = [
    textBlock(verdict, 'title', answers.kind === 'recommend' ? 'best' : 'doubtful'),
    gap,
    taskTable(shown),
  ];
  const body = only !== undefined && others.length === 0 ? answerBlocks(only, scoreboards) : several;
  const headlines = scoreboards.flatMap((board) => headlineNote(board) ?? []);
  const told = [...new Set([...headlines, ...shown.flatMap((answer) => answer.notes), ...notes])].map((note) =>
    line(note, 'muted'),
  );
  return createDocument({
    schema,
    verdict,
    screen: [...body, ...listBlock(told, 2)],
    page: [...body, ...listBlock(told)],
    records: records(
      recordColumns,
      shown.flatMap((answer) => answer.candidates.map((candidate): [Candidate, Answer] => [candidate, answer])),
    ),
    data: { schema, answer: verdict, ...answers, notes },
  });
}
