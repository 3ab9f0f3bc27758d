import { UsageError } from '../../core/errors.ts';
import { type GateDocument, gateExporters } from '../../exporters/gate-exporters.ts';
import { gateLimitNames, isGateLimit } from '../../core/limits.ts';
import { type GateOptions, gateRuns } from '../../local/gate-runs.ts';
import type { CliContext } from '../context.ts';
import { documentFiles, writeDocuments } from '../document-files.ts';
import { gateExitCode } from '../exit-codes.ts';
import { gateText } from '../gate-text.ts';
import { writeGithub } from '../github-output.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { limitsOf } from '../scoring.ts';
import { openReadStore } from '../stored-runs.ts';
import { readSuiteFile } from '../suite-file/read-suite-file.ts';
import { checkSuite } from '../suite-file/suite-issues.ts';
import type { gateOptions } from '../tables/decision-commands.ts';

type GateInput = CommandInput<typeof gateOptions>;

export const gate: CommandHandler<typeof gateOptions> = async (input, context) => {
  const { baseline, candidate, task, inconclusive, annotations } = input.options;
  if (baseline === undefined) {
    throw new UsageError('no baseline to hold against', {
      hint: 'Name a run: perbench gate --baseline 20261124-1630. perbench list shows them.',
    });
  }
  const files = documentFiles(gateExporters, context);
  const store = await openReadStore(context);
  const document = await gateRuns(store, baseline, candidate, {
    suite: await suiteOfConfig(context),
    limits: limitsOf(input.options, gateLimitNames, isGateLimit),
    tasks: task,
    inconclusive,
    signal: context.interruption.signal,
  });
  await tell(document, annotations, context);
  await writeDocuments(files, document, context);
  return gateExitCode(document.result.outcome);
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

/** The suite file of `--config`. */
async function suiteOfConfig(context: CliContext): Promise<GateOptions['suite']> {
  const { config } = context.globals;
  if (config === undefined) return undefined;
  const { document } = await readSuiteFile(config, context);
  return { suite: checkSuite(document), from: document.file };
}
