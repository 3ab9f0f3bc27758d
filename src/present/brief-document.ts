import { countOf } from '../core/amount-text.ts';
import type { ModelFacts } from '../core/manifest.ts';
import { knownMeasurement } from '../core/measurement.ts';
import { shellWord } from '../core/shell-word.ts';
import type { RunRecord } from '../core/store.ts';
import { type Answer, type Answers, namedModels } from '../scoring/answer.ts';
import { answersHeadline, answerSentences, confidenceText, shortTitle } from '../scoring/answer-text.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { numbersTable } from './brief-numbers.ts';
import { answerFacts, decisionQuestion } from './decision-document.ts';
import {
  type Block,
  createDocument,
  type Document,
  type Line,
  line,
  listBlock,
  records,
  textBlock,
  type Tone,
} from './document.ts';
import type { Report } from './report.ts';
import { type Serving, servingParts } from './serving.ts';
import { suiteText } from './suite-text.ts';

const schema = 'perbench-brief/1';

export interface BriefOptions {
  /** How the named model is served; a sentence where that can't be told. */
  readonly serving?: Serving | string | undefined;
  /** The command line that decided, with the run or the table; by default `perbench decide` with that run. */
  readonly decidedBy?: readonly string[] | undefined;
}

function heading(text: string, level: 1 | 2, tone: Tone): Block {
  return { kind: 'heading', text, level, tone };
}

/** A part with a heading; nothing where there is nothing to say. */
function part(title: string, blocks: readonly Block[]): readonly Block[] {
  return blocks.length === 0 ? [] : [heading(title, 2, 'heading'), ...blocks];
}

function plainList(texts: readonly string[]): readonly Block[] {
  return listBlock([...new Set(texts)].map((text) => line(text)));
}

function answerParts(answer: Answer, boards: readonly Scoreboard[], place: string): readonly Block[] {
  const own = boards.filter(({ taskId }) => answer.tasks.some((task) => task.taskId === taskId));
  const [, ...sentences] = answerSentences(answer, own);
  return [
    ...part('Why', [...sentences.map((text) => textBlock(text)), textBlock(`How sure: ${confidenceText(answer)}.`)]),
    ...part(
      'Numbers',
      own.map((board) => numbersTable(answer, board, place)),
    ),
    ...part('Runner-up, and what would change the answer', listBlock(answerFacts(answer))),
  ];
}

/** Several tasks that are answered one by one. */
function taskParts(answers: readonly Answer[], boards: readonly Scoreboard[], place: string): readonly Block[] {
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
          .map((board) => numbersTable(answer, board, place)),
      ),
    ),
  ];
}

/** How many items were answered: an interrupted run has fewer, or none. */
function itemsText({ taskId, rows }: Scoreboard, items: number): string {
  const counts = rows.flatMap(({ measurements: { accuracy } }) => knownMeasurement(accuracy)?.n ?? []);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) return `${taskId}: no model has answered its items`;
  const asked = least === most ? `${most}` : `${least} to ${most}`;
  const by = counts.length === rows.length ? '' : `, of ${counts.length} of ${rows.length} models`;
  return `${taskId}: ${asked} of ${items} items were asked${by}; other items may come out differently`;
}

/** What the evidence doesn't cover. */
function limitTexts(
  shown: readonly Answer[],
  { scoreboards, notes = [] }: Report,
  run: RunRecord | undefined,
): readonly string[] {
  const facts = run?.manifest.tasks ?? {};
  return [
    ...scoreboards.flatMap((board) => {
      const task = facts[board.taskId];
      return task === undefined ? [] : [itemsText(board, task.items)];
    }),
    ...(run === undefined
      ? []
      : ['one prompt, one engine, these settings and this hardware: another of them may change every number']),
    ...shown.flatMap((answer) => answer.notes),
    ...notes,
  ];
}

/** `4 requests at once`; what perbench chose by itself stands with the cells. */
function loadText({ suite: { concurrency } }: RunRecord, { scoreboards }: Report): string {
  if (concurrency !== 'auto') return `${countOf(concurrency, 'request')} at once`;
  const found = scoreboards.flatMap(({ rows }) =>
    rows.flatMap(({ measurements }) => knownMeasurement(measurements.concurrency)?.value ?? []),
  );
  const [least, most] = [Math.min(...found), Math.max(...found)];
  if (found.length === 0) return 'requests at once as perbench chose them for each model';
  const range = least === most ? '' : `${least} to `;
  return `${range}${countOf(most, 'request')} at once, chosen for each model`;
}

/** What identifies the weights of a model. */
function weightsText({ quantisation, source, fileSha256 }: ModelFacts): string {
  const known = [quantisation, source, fileSha256 === undefined ? undefined : `sha256 ${fileSha256}`];
  return known.filter((each) => each !== undefined).join(', ');
}

function hardwareTexts(
  run: RunRecord,
  named: readonly string[],
  report: Report,
): readonly (readonly [string, string])[] {
  const { manifest, suite } = run;
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
    ['load', `${loadText(run, report)}, ${suite.protocol} protocol, seed ${manifest.seed}`],
    // A race launches some models more often than others.
    ...named.flatMap((model) => {
      const counts = report.scoreboards.flatMap(
        ({ rows }) => rows.find((each) => each.model === model)?.launches?.count ?? [],
      );
      return counts.length === 0 ? [] : [[`launches of ${model}`, [...new Set(counts)].join(', ')] as const];
    }),
  ];
}

/** Of a table only the decision can be repeated; a run by its suite, whatever file and flags that came from. */
function reproduceBlocks(run: RunRecord | undefined, decidedBy: readonly string[] | undefined): readonly Block[] {
  const decided = decidedBy ?? (run && ['perbench', 'decide', run.id]);
  const measured = run?.manifest.commandLine;
  const commands = [measured?.[0] === 'perbench' ? measured : undefined, decided].filter(
    (words) => words !== undefined,
  );
  if (commands.length === 0) return [];
  const text = commands.map((words) => words.map(shellWord).join(' ')).join('\n');
  return [
    ...(run === undefined ? [] : listBlock([runLine(run)])),
    { kind: 'code', language: 'sh', text },
    ...(run === undefined || run.manifest.imported !== undefined
      ? []
      : ([
          textBlock('Its suite, with what its flags said; everything else is the default:'),
          { kind: 'code', language: 'yaml', text: suiteText(run.suite) },
        ] as const)),
  ];
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
  const place = run === undefined ? 'the table' : `perbench report ${run.id}`;
  const isSingle = only !== undefined && others.length === 0;
  const page: readonly Block[] = [
    heading(verdict, 1, answers.kind === 'recommend' ? 'best' : 'doubtful'),
    ...shown.map((answer) => textBlock(decisionQuestion(answer), 'muted')),
    ...(isSingle ? answerParts(only, report.scoreboards, place) : taskParts(shown, report.scoreboards, place)),
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
