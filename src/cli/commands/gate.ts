import { UsageError } from '../../core/errors.ts';
import { type Gate, gateDocument } from '../../present/gate-document.ts';
import { gateLimitNames, isGateLimit } from '../../core/limits.ts';
import { type GateOptions, gateRuns } from '../../local/gate-runs.ts';
import type { CliContext } from '../context.ts';
import { gateExitCode } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { printBlocks } from '../print-document.ts';
import { limitsOf } from '../scoring.ts';
import { openReadStore } from '../stored-runs.ts';
import { readSuiteFile } from '../suite-file/read-suite-file.ts';
import { checkSuite } from '../suite-file/check-suite.ts';
import type { gateOptions } from '../tables/decision-options.ts';
import { outputFiles, writeDocument, writeGithub } from '../write-outputs.ts';

export const gate: CommandHandler<typeof gateOptions> = async (input, context) => {
  const { baseline, candidate, task, inconclusive, annotations } = input.options;
  if (baseline === undefined) {
    throw new UsageError('no baseline to hold against', {
      hint: 'Name a run: perbench gate --baseline 20261124-1630. perbench list shows them.',
    });
  }
  const files = outputFiles(context, 'gate');
  const store = await openReadStore(context);
  const decided = await gateRuns(store, baseline, candidate, {
    suite: await suiteOfConfig(context),
    limits: limitsOf(input.options, gateLimitNames, isGateLimit),
    tasks: task,
    inconclusive,
    signal: context.interruption.signal,
  });
  const document = gateDocument(decided);
  printBlocks(document.screen, context);
  recordGate(decided, context);
  const { environment } = context;
  const isGithub = annotations === 'github' || (annotations === 'auto' && environment['GITHUB_ACTIONS'] === 'true');
  if (isGithub) await writeGithub(document, context);
  await writeDocument(document, files, context);
  return gateExitCode(decided.result.outcome);
};

function recordGate({ result, ...origin }: Gate, { output }: CliContext): void {
  const { checks, ...verdict } = result;
  for (const check of checks) output.record('check', check);
  output.record('gate', { ...verdict, ...origin });
}

/** The suite file of `--config`. */
async function suiteOfConfig(context: CliContext): Promise<GateOptions['suite']> {
  const { config } = context.globals;
  if (config === undefined) return undefined;
  const { document } = await readSuiteFile(config, context);
  return { suite: checkSuite(document), from: document.file };
}
