import { plainText } from '../../exporters/sanitise.ts';
import type { CliContext } from '../context.ts';
import type { DoctorLine, DoctorState } from '../doctor/doctor-check.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { exitCodes } from '../exit-codes.ts';
import { dataFolder, sourceSettings } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import type { dataOptions } from '../tables/prepare-commands.ts';

const marks: Readonly<Record<DoctorState, { readonly mark: string; readonly style: 'green' | 'yellow' | 'red' }>> = {
  ok: { mark: '✓', style: 'green' },
  warn: { mark: '!', style: 'yellow' },
  fail: { mark: '✗', style: 'red' },
};

export const doctor: CommandHandler<typeof dataOptions> = async ({ options }, context) => {
  const settings = sourceSettings(context);
  const { storePath, interruption, output } = context;
  const dataDir = dataFolder(options.dataDir, context, settings);
  const counts: Record<DoctorState, number> = { ok: 0, warn: 0, fail: 0 };
  for await (const line of runDoctor({ settings, dataDir, storePath, signal: interruption.signal })) {
    counts[line.state] += 1;
    output.record('check', line);
    output.result(lineText(line, context));
  }
  output.result(`\n${counts.ok} fine, ${counts.warn} could be better, ${counts.fail} must be mended`);
  return counts.fail > 0 ? exitCodes.environment : exitCodes.done;
};

function lineText(line: DoctorLine, { output }: CliContext): string {
  const { mark, style } = marks[line.state];
  const found = `${output.styled(mark, style)} ${line.name}: ${plainText(line.detail)}`;
  return line.state === 'ok' ? found : `${found}\n    ${plainText(line.mend)}`;
}
