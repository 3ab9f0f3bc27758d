import { decimalsFor, humanScale } from '../core/amount-text.ts';
import type { ModelFacts } from '../core/manifest.ts';
import { knownMeasurement } from '../core/measurement.ts';
import { shellWord } from '../core/shell-word.ts';
import type { RunRecord } from '../core/store.ts';
import { type Answer, type Answers, namedModels } from '../scoring/answer.ts';
import { answersHeadline, answerSentences, confidenceText, shortTitle } from '../scoring/answer-text.ts';
import { scoreWithInterval } from '../scoring/board-text.ts';
import { type FactorName, factorNames } from '../scoring/factor.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import { answerFacts, decisionQuestion } from './decision-document.ts';
import {
  type Block,
  type Cell,
  column,
  createDocument,
  type Document,
  intervalParts,
  type Line,
  line,
  listBlock,
  missing,
  numberCell,
  records,
  row,
  table,
  tableBlock,
  textBlock,
} from './document.ts';
import type { Report } from './report.ts';
import { type Serving, servingParts } from './serving.ts';

const schema = 'perbench-brief/1';

export interface BriefOptions {
  /** How the named model is served; a sentence where that can't be told. */
  readonly serving?: Serving | string | undefined;
  /** The command line that decided, with the run or the table; by default `perbench decide` with that run. */
  readonly decidedBy?: readonly string[] | undefined;
}

const heading = (text: string): Block => ({ kind: 'heading', text, level: 3, tone: 'heading' });

/** A part with a heading; nothing where there is nothing to say. */
function part(title: string, blocks: readonly Block[]): readonly Block[] {
  return blocks.length === 0 ? [] : [heading(title), ...blocks];
}

function plainList(texts: readonly string[]): readonly Block[] {
  return listBlock([...new Set(texts)].map((text) => line(text)));
}

/** More would make it long. */
const mostRows = 5;

const factorHeadings: Readonly<Record<FactorName, string>> = {
  accuracy: 'accuracy',
  throughput: 'throughput',
  latency: 'latency',
  memory: 'memory',
};

interface FactorColumn {
  readonly unit: string;
  readonly cell: (row: ScoreboardRow) => Cell;
}

function factorColumn({ rows }: Scoreboard, factor: FactorName): FactorColumn {
  const values = rows.flatMap(({ measurements }) => knownMeasurement(measurements[factor]) ?? []);
  const scale = humanScale(
    values[0]?.unit ?? 'count',
    values.map(({ value }) => value),
  );
  return {
    unit: scale.label,
    cell({ measurements }) {
      const known = knownMeasurement(measurements[factor]);
      if (known === undefined) return missing;
      const { value, unit, interval } = known;
      const shown = value / scale.divisor;
      // Both ends, however far apart: whoever signs is to see the doubt.
      const ends = interval && { low: interval.low / scale.divisor, high: interval.high / scale.divisor };
      return numberCell(shown, unit === 'ratio' ? 3 : decimalsFor(shown), intervalParts(ends));
    },
  };
}

/** The named models first, then the others as the answer orders them. */
function numbersTable(answer: Answer, board: Scoreboard): Block {
  const named = namedModels(answer);
  const shown = answer.candidates.slice(0, mostRows);
  const columns = factorNames.map((factor) => ({ factor, ...factorColumn(board, factor) }));
  const rows = shown.map(({ model, score, interval }) => {
    const own = board.rows.find((each) => each.model === model);
    const cells = columns.map(({ cell }) => (own === undefined ? missing : cell(own)));
    const scored =
      score === undefined ? missing : interval === undefined ? score.toFixed(3) : scoreWithInterval(score, interval);
    return row([model, scored, ...cells], named.includes(model) && answer.kind === 'recommend' ? 'best' : 'plain');
  });
  const left = answer.candidates.length - shown.length;
  const notes =
    left === 0
      ? []
      : [{ mark: '' as const, text: `${left} more models: perbench show has them.`, isAboutIntervals: false }];
  return tableBlock(
    table(
      [
        column('model'),
        column(answer.scoreVersion.split('/')[0] ?? 'score', 'right'),
        ...columns.map(({ factor, unit }) => ({ ...column(factorHeadings[factor], 'right'), unit })),
      ],
      rows,
      { caption: board.title ?? board.taskId, notes },
    ),
  );
}

function answerParts(answer: Answer, boards: readonly Scoreboard[]): readonly Block[] {
  const own = boards.filter(({ taskId }) => answer.tasks.some((task) => task.taskId === taskId));
  const [, ...sentences] = answerSentences(answer, own);
  return [
    ...part('Why', [...sentences.map((text) => textBlock(text)), textBlock(`How sure: ${confidenceText(answer)}.`)]),
    ...part(
      'Numbers',
      own.map((board) => numbersTable(answer, board)),
    ),
    ...part('Runner-up, and what would change the answer', listBlock(answerFacts(answer))),
  ];
}

/** Several tasks that are answered one by one. */
function taskParts(answers: readonly Answer[], boards: readonly Scoreboard[]): readonly Block[] {
  return [
    ...part(
      'Why',
      listBlock(answers.map((answer) => line(`${answerSentences(answer, [])[0]}`, 'plain', shortTitle(answer)))),
    ),
    ...part(
      'Numbers',
      answers.flatMap((answer) =>
        boards
          .filter(({ taskId }) => answer.tasks.some((task) => task.taskId === taskId))
          .map((board) => numbersTable(answer, board)),
      ),
    ),
  ];
}

/** What the evidence doesn't cover. */
function limitTexts(
  shown: readonly Answer[],
  { scoreboards, notes = [] }: Report,
  run: RunRecord | undefined,
): readonly string[] {
  const items = Object.entries(run?.manifest.tasks ?? {})
    .filter(([id]) => scoreboards.some(({ taskId }) => taskId === id))
    .map(
      ([id, { evaluatedItems, items: all }]) =>
        `${id}: ${evaluatedItems} of ${all} items were asked; other items may come out differently`,
    );
  return [
    ...items,
    ...(run === undefined
      ? []
      : ['one prompt, one engine, these settings and this hardware: another of them may change every number']),
    ...scoreboards
      .flatMap(({ rows }) =>
        rows.flatMap(({ model, warnings }) => warnings.map(({ metric, detail }) => `${model}, ${metric}: ${detail}`)),
      )
      .slice(0, 4),
    ...shown.flatMap((answer) => answer.notes),
    ...notes,
  ];
}

/** What identifies the weights of a model. */
function weightsText({ quantisation, source, fileSha256 }: ModelFacts): string {
  const known = [quantisation, source, fileSha256 === undefined ? undefined : `sha256 ${fileSha256}`];
  return known.filter((each) => each !== undefined).join(', ');
}

function hardwareTexts(
  { manifest, suite }: RunRecord,
  named: readonly string[],
  { scoreboards }: Report,
): readonly (readonly [string, string])[] {
  const { host, models, perbenchVersion, nodeVersion, imported } = manifest;
  const builds = [...new Set(Object.values(models).flatMap(({ engineBuild }) => engineBuild ?? []))];
  if (imported !== undefined) return [['measured by', imported.tool]];
  return [
    [
      'machine',
      [
        host.cpuModel,
        `${host.cores} cores`,
        `${(host.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
        ...host.gpus,
        host.os,
        host.kernel,
      ].join(', '),
    ],
    ...(builds.length === 0 ? [] : [['engine', builds.join('; ')] as const]),
    ...named.flatMap((model) =>
      models[model] === undefined ? [] : [[`weights of ${model}`, weightsText(models[model])] as const],
    ),
    ['perbench', `${perbenchVersion}, Node ${nodeVersion}`],
    ['load', `${suite.concurrency} requests at once, ${suite.protocol} protocol, seed ${manifest.seed}`],
    // A race launches some models more often than others.
    ...named.flatMap((model) => {
      const counts = scoreboards.flatMap(
        ({ rows }) => rows.find((each) => each.model === model)?.launches?.count ?? [],
      );
      return counts.length === 0 ? [] : [[`launches of ${model}`, [...new Set(counts)].join(', ')] as const];
    }),
  ];
}

/** Of a table only the decision can be repeated. */
function reproduceBlocks(run: RunRecord | undefined, decidedBy: readonly string[] | undefined): readonly Block[] {
  const decided = decidedBy ?? (run && ['perbench', 'decide', run.id]);
  const commands = [run?.manifest.commandLine, decided].filter((words) => words !== undefined);
  if (commands.length === 0) return [];
  const text = commands.map((words) => words.map(shellWord).join(' ')).join('\n');
  return [...(run === undefined ? [] : listBlock([runLine(run)])), { kind: 'code', language: 'sh', text }];
}

function runLine({ id, name, createdAtMs }: RunRecord): Line {
  return line(`${id} (${name}), ${new Date(createdAtMs).toISOString().slice(0, 10)}`, 'plain', 'run');
}

/** @param named what the answer names: another model was asked for by its name */
function servingBlocks(serving: Serving | string | undefined, named: readonly string[]): readonly Block[] {
  if (serving === undefined) return [];
  if (typeof serving === 'string') return [textBlock(serving)];
  const language = serving.form === 'kubernetes' ? 'yaml' : serving.form === 'modelfile' ? 'text' : 'sh';
  const isNamed = named.includes(serving.model);
  // What was measured of a model that the answer names stands above already.
  const told = servingParts(serving).filter(({ heading: own }) => !isNamed || own !== 'Measured');
  return [
    ...(isNamed ? [] : [textBlock(`This serves ${serving.model}, which is not what the answer names.`, 'doubtful')]),
    { kind: 'code', language, text: serving.command },
    ...listBlock(told.map(({ heading: own, texts }) => line(texts.join('; '), 'plain', own.toLowerCase()))),
  ];
}

/**
 * A brief for whoever signs: the answer, why, the numbers with their intervals, what they don't cover, what would
 * change it, on what it was measured, how to repeat it, and how to serve the model.
 *
 * @param report with its answers, of one run or of a table
 */
export function briefDocument(answers: Answers, report: Report, { serving, decidedBy }: BriefOptions = {}): Document {
  const { tasks, weighted } = answers;
  const shown = weighted === undefined ? tasks : [weighted];
  const [only, ...others] = shown;
  const [run] = report.sources?.runs ?? [];
  const verdict = answersHeadline(answers);
  const named = shown.flatMap(namedModels);
  const served = typeof serving === 'object' ? [serving.model] : [];
  const isSingle = only !== undefined && others.length === 0;
  const page: readonly Block[] = [
    textBlock(verdict, 'title', answers.kind === 'recommend' ? 'best' : 'doubtful'),
    ...shown.map((answer) => textBlock(decisionQuestion(answer), 'muted')),
    ...(isSingle ? answerParts(only, report.scoreboards) : taskParts(shown, report.scoreboards)),
    ...part('What this does not cover', plainList(limitTexts(shown, report, run))),
    ...(run === undefined
      ? []
      : part(
          'Measured on',
          listBlock(
            hardwareTexts(run, [...new Set([...named, ...served])], report).map(([label, text]) =>
              line(text, 'plain', label),
            ),
          ),
        )),
    ...part('To repeat it', reproduceBlocks(run, decidedBy)),
    ...part('To serve it', servingBlocks(serving, named)),
  ];
  return createDocument({
    schema,
    title: `${run === undefined ? '' : `${run.name}: `}which model?`,
    verdict,
    screen: page,
    page,
    records: records([], []),
    data: { schema, answer: verdict, ...answers, serving },
  });
}
