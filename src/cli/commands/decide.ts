import { UsageError } from '../../core/errors.ts';
import { answerSentence } from '../../exporters/decision-rows.ts';
import { decisionExporters } from '../../exporters/decision-exporters.ts';
import { runDecisionTasks, weighTasks } from '../../local/decision-tasks.ts';
import { hostClassOf, resolveAnchors } from '../../local/resolve-anchors.ts';
import { anchorsOf, type AnchorSet } from '../../stats/anchors.ts';
import { decide as decideTasks } from '../../stats/decide.ts';
import type { Decision, DecisionTask } from '../../stats/decision.ts';
import { scoreTable } from '../../stats/score-table.ts';
import type { CliContext } from '../context.ts';
import { decisionText } from '../decision-text.ts';
import { documentFiles, writeDocuments } from '../document-files.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { readTable } from '../read-table.ts';
import { anchorsHint, constraintsOf } from '../scoring.ts';
import { scoreboardTasks } from '../registries.ts';
import { findRuns } from '../stored-runs.ts';
import type { decideOptions } from '../tables/decision-commands.ts';

type DecideInput = CommandInput<typeof decideOptions>;

/** What a decision is about, and where it comes from. */
interface Subject {
  readonly tasks: readonly DecisionTask[];
  readonly pricePerHour: number | undefined;
  readonly notes: readonly string[];
}

export const decide: CommandHandler<typeof decideOptions> = async (input, context) => {
  const { options } = input;
  if (options.table !== undefined && input.arguments.length > 0) {
    throw new UsageError('a run and a table were named', { hint: 'Name one of them.' });
  }
  const files = documentFiles(decisionExporters, context);
  const { tasks, pricePerHour, notes } =
    options.table === undefined ? await ofRun(input, context) : await ofTable(options.table, input, context);
  const lacking = tasks.filter(({ board }) => !board.versions.some((version) => version.startsWith('PER-A/')));
  const isPaper = options.score === 'per-paper' || lacking.length > 0;
  const fallback =
    options.score === 'per-a' && lacking.length > 0
      ? [
          `no anchors for ${lacking.map(({ board }) => board.taskId).join(', ')}: decided by PER-paper; ${await anchorsHint(lacking.map(({ board }) => board))}`,
        ]
      : [];
  const decision = decideTasks(tasks, {
    score: isPaper ? 'PER-paper' : 'PER-A',
    constraints: constraintsOf(options),
    weights: options.weights,
    pricePerHour: options.pricePerHour ?? pricePerHour,
  });
  const told: Decision = { ...decision, notes: [...fallback, ...notes, ...decision.notes] };
  context.output.result(decisionText(told, (text, style) => context.output.styled(text, style)));
  context.output.record('decision', { answer: answerSentence(told), ...told });
  await writeDocuments(files, told, context);
  return endOf(told);
};

function endOf({ outcome }: Decision): number {
  const codes = {
    recommended: exitCodes.done,
    'nobody-passes': exitCodes.gateFailed,
    'no-valid-model': exitCodes.someCellsFailed,
  } as const;
  return codes[outcome];
}

async function ofRun({ arguments: names, options }: DecideInput, context: CliContext): Promise<Subject> {
  const { store, runs } = await findRuns(names, context);
  const [run] = runs;
  if (run === undefined) throw new UsageError('no run to decide on');
  const anchors = await anchorsFor(options.anchors, context, hostClassOf(run.manifest));
  const cells = await store.cells(run.id);
  const tasks = await runDecisionTasks(store, run, {
    wanted: options.task ?? [],
    anchors,
    weights: options.weights,
    tasks: await scoreboardTasks(cells.map(({ taskId }) => taskId)),
    signal: context.interruption.signal,
  });
  if (tasks.length === 0) throw new UsageError(`run ${run.id} has no cells`, { hint: 'perbench list shows the runs.' });
  const open = cells.filter(({ state }) => state === 'pending' || state === 'running').length;
  const notes = [
    ...(run.manifest.race === undefined ? [] : ['this run decided a question itself: perbench show prints the answer']),
    ...(open > 0 ? [`${open} of ${cells.length} cells of this run are not finished`] : []),
  ];
  return { tasks, pricePerHour: run.suite.pricePerHour, notes };
}

async function ofTable(file: string, { options }: DecideInput, context: CliContext): Promise<Subject> {
  const anchors = await anchorsFor(options.anchors, context, undefined);
  const { scoreboards, notes } = scoreTable(await readTable(file, context), {
    file: file === '-' ? 'stdin' : file,
    ...(anchors !== undefined && { anchors }),
    ...(options.weights !== undefined && { weights: options.weights }),
  });
  const tasks = weighTasks(scoreboards, options.task ?? []).map(({ board, weight }) => ({
    board,
    weight,
    anchors: anchors && anchorsOf(anchors, board.taskId),
    evidence: undefined,
  }));
  return { tasks, pricePerHour: undefined, notes };
}

async function anchorsFor(
  choice: string | undefined,
  { workingFolder }: CliContext,
  hostClass: ReturnType<typeof hostClassOf>,
): Promise<AnchorSet | undefined> {
  return resolveAnchors({ choice, projectDir: workingFolder, hostClass });
}
