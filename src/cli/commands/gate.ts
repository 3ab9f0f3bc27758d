import { UsageError } from '../../core/errors.ts';
import { differenceText } from '../../exporters/comparison-rows.ts';
import { gateExporters, type GateDocument } from '../../exporters/gate-exporters.ts';
import { gateLimitNames, type GateLimits } from '../../core/gate-limits.ts';
import type { Suite } from '../../core/suite.ts';
import { compareRuns } from '../../local/compare-runs.ts';
import { findComparedRun } from '../../local/compared-cells.ts';
import { gateLimitsOf } from '../../local/gate-limits-of.ts';
import { decideGate, gateChecks } from '../../stats/gate.ts';
import type { CliContext } from '../context.ts';
import { documentFiles, writeDocuments } from '../document-files.ts';
import { gateExitCode } from '../exit-codes.ts';
import { gateText } from '../gate-text.ts';
import { writeGithub } from '../github-output.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { openReadStore } from '../stored-runs.ts';
import { readSuiteFile } from '../suite-file/read-suite-file.ts';
import { checkSuite } from '../suite-file/suite-issues.ts';
import type { gateOptions } from '../tables/decision-commands.ts';
import { isTaskNamed } from '../task-filter.ts';
import { taskTitles } from '../task-titles.ts';

type GateInput = CommandInput<typeof gateOptions>;

export const gate: CommandHandler<typeof gateOptions> = async (input, context) => {
  const { options } = input;
  const { baseline, candidate = 'latest' } = options;
  if (baseline === undefined) {
    throw new UsageError('no baseline to hold against', {
      hint: 'Name a run: perbench gate --baseline 20261124-1630. perbench list shows them.',
    });
  }
  const files = documentFiles(gateExporters, context);
  const store = await openReadStore(context);
  const { run } = await findComparedRun(store, candidate);
  const suite = await suiteOfGate(context, run.suite);
  const flags = limitFlags(input);
  const { cells, unmatched } = await compareRuns(store, baseline, candidate, {
    isWanted: (taskId) => isTaskNamed(taskId, options.task),
    titles: taskTitles,
    signal: context.interruption.signal,
  });
  const checks = gateChecks(cells, (taskId) => gateLimitsOf(suite.suite, flags, taskId));
  if (checks.length === 0) {
    throw new UsageError(`no limits to check: ${suite.from} has no section \`gates\`, and no flag gives one`, {
      hint: 'Add flags such as --max-accuracy-drop 0.01, or a section `gates` to the suite file.',
    });
  }
  const result = decideGate(checks, options.inconclusive);
  const hasFlags = Object.keys(flags).length > 0;
  const document: GateDocument = {
    result,
    baseline,
    candidate: candidate === 'latest' ? run.id : candidate,
    limitsFrom: [...(hasFlags ? ['command line'] : []), suite.from],
    differences: [...new Set(cells.flatMap(({ differences }) => differences.map(differenceText)))],
    unmatched,
  };
  await tell(document, options.annotations, context);
  await writeDocuments(files, document, context);
  return gateExitCode(result.outcome);
};

async function tell(
  document: GateDocument,
  annotations: GateInput['options']['annotations'],
  context: CliContext,
): Promise<void> {
  const { output, environment } = context;
  output.result(gateText(document, (text, style) => output.styled(text, style)));
  const { result, ...origin } = document;
  const { checks, ...verdict } = result;
  for (const check of checks) output.record('check', check);
  output.record('gate', { ...verdict, ...origin });
  const isGithub = annotations === 'github' || (annotations === 'auto' && environment['GITHUB_ACTIONS'] === 'true');
  if (isGithub) await writeGithub(document, context);
}

/** The suite file of `--config`, or the suite that the candidate was run with. */
async function suiteOfGate(
  context: CliContext,
  stored: Suite,
): Promise<{ readonly suite: Suite; readonly from: string }> {
  const { config } = context.globals;
  if (config === undefined) return { suite: stored, from: "the candidate's suite" };
  const { document } = await readSuiteFile(config, context);
  return { suite: checkSuite(document), from: document.file };
}

function limitFlags({ options }: GateInput): GateLimits {
  return Object.fromEntries(
    gateLimitNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const])),
  );
}
