import type { RaceCertificate } from '../core/race.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { certificateText } from './certificate-text.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { runReport } from './run-report.ts';
import { writeOutputs, type OutputFile } from './write-outputs.ts';

/** The certificates of a run that asked a question, in the order of its tasks. */
export function certificatesOf({ manifest }: RunRecord): readonly RaceCertificate[] {
  return Object.values(manifest.race?.tasks ?? {})
    .map(({ certificate }) => certificate)
    .filter((certificate) => certificate !== undefined);
}

/** Verdict over a race: 3 where a model couldn't be judged, 4 where nobody qualifies, 6 where several are left. */
export function raceExitCode(certificates: readonly RaceCertificate[]): number {
  if (certificates.some(({ models }) => models.some(({ status }) => status === 'failed'))) {
    return exitCodes.someCellsFailed;
  }
  if (certificates.some(({ outcome }) => outcome === 'none')) return exitCodes.gateFailed;
  return certificates.some(({ outcome }) => outcome === 'tie') ? exitCodes.gateInconclusive : exitCodes.done;
}

/** Prints what a race decided, and writes the files of `--out`. */
export async function reportRace(
  run: RunRecord,
  store: Store,
  files: readonly OutputFile[],
  context: CliContext,
): Promise<number> {
  const certificates = certificatesOf(run);
  context.output.result(certificates.map(certificateText).join('\n\n'));
  if (files.length > 0) await writeOutputs(files, await runReport(store, [run], context), context);
  return raceExitCode(certificates);
}
