import type { RaceCertificate } from '../core/race.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { reportDocument } from '../present/report-document.ts';
import { reportRuns } from '../app/report-runs.ts';
import { questionOf, questionText } from '../scoring/race/question.ts';
import { certificateBlocks, openRaceText } from '../present/certificate-document.ts';
import { terminalText } from '../present/terminal.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { project } from './local-world.ts';
import { type OutputFile, writeDocument, writeRunPage } from './write-outputs.ts';

/** The certificates of a run that asked a question, in the order of its tasks. */
export function certificatesOf({ manifest }: RunRecord): readonly RaceCertificate[] {
  return Object.values(manifest.race?.tasks ?? {})
    .map(({ certificate }) => certificate)
    .filter((certificate) => certificate !== undefined);
}

/** Prints where the races of a run stood when it was stopped. */
export function printOpenRaces({ manifest: { race } }: RunRecord, { output }: CliContext): void {
  for (const [taskId, { open, score }] of Object.entries(race?.tasks ?? {})) {
    if (race === undefined || open === undefined) continue;
    const question = questionText(questionOf(race.question));
    output.record('open-race', { taskId, question, ...open });
    const asked = { question, score: score?.version ?? null, taskId };
    output.result(openRaceText(asked, open));
  }
}

/** Verdict over a race: 3 where a model couldn't be judged, 4 where no model qualifies, 6 where several are left. */
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
  context.output.result(certificates.map((each) => terminalText(certificateBlocks(each))).join('\n\n'));
  const report = await reportRuns(store, [run], project(context));
  await writeDocument(reportDocument(report), files, context);
  await writeRunPage(run.id, report, context);
  return raceExitCode(certificates);
}
