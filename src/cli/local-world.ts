import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readCeiling } from '../app/calibrate.ts';
import type { LocalContext } from '../app/local-context.ts';
import type { ReportOptions } from '../app/report-runs.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { createMachineMeter } from '../meters/machine-meter.ts';
import { pulledDataDir } from '../sources/pull-dataset.ts';
import { sourceSettingsFrom, type SourceSettings } from '../sources/source-settings.ts';
import type { CliContext } from './context.ts';
import { askDoubt } from './ask-doubt.ts';
import type { StatusLine } from './progress/status-line.ts';
import { perbenchVersion } from './version.ts';

/** Where models and data come from, by environment and flags. */
export function sourceSettings({ environment, homeFolder, globals }: CliContext): SourceSettings {
  return sourceSettingsFrom(environment, homeFolder, { isOffline: globals.offline === true });
}

/** Where data sets are: the folder that was named, that of the environment, or what `data pull` fetched. */
export function dataFolder(
  named: string | undefined,
  context: CliContext,
  settings: SourceSettings,
): string | undefined {
  const given = named ?? context.environment['PERBENCH_DATA_DIR'];
  if (given !== undefined && given !== '') return context.path(given);
  const pulled = pulledDataDir(settings);
  return existsSync(pulled) ? pulled : undefined;
}

/** What reports take of the command line, tasks and flags aside. */
export function project({ workingFolder, interruption }: CliContext): Pick<ReportOptions, 'projectDir' | 'signal'> {
  return { projectDir: workingFolder, signal: interruption.signal };
}

/** What running a suite on this machine takes from the command line. */
export async function createLocalContext(context: CliContext, status: StatusLine): Promise<LocalContext> {
  const settings = sourceSettings(context);
  return {
    settings,
    environment: context.environment,
    workingFolder: context.workingFolder,
    dataDir: dataFolder(undefined, context, settings),
    commandLine: ['perbench', ...context.commandLine],
    perbenchVersion: perbenchVersion(),
    ownTasks: undefined,
    logFolder: join(context.storePlace.folder, 'runs'),
    readCeiling: (clientProcesses) => readCeiling(settings.cacheDir, clientProcesses),
    meter: createMachineMeter({ devices: { environment: context.environment } }),
    hostFacts: () => readHostFacts(),
    onPull: (progress) => status.pull(progress),
    onStep: (step) => status.step(step),
    onNote: (note) => context.output.note(note),
    onDoubt: context.isInteractive ? askDoubt(status) : undefined,
  };
}
