import { copyRuns, type CopiedRun, type CopyOutcome } from '../../app/copy-runs.ts';
import { countOf, countText } from '../../core/amount-text.ts';
import { UsageError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { storePlace, type StorePlace } from '../store-place.ts';
import { namedRuns, openStoreToRead } from '../stored-runs.ts';
import type { storeCopyOptions } from '../tables/result-options.ts';

export const copyStore: CommandHandler<typeof storeCopyOptions> = async (
  { arguments: [fromName = '', toName = '', ...names], options },
  context,
) => {
  const { output, workingFolder, interruption } = context;
  const from = storePlace(fromName, workingFolder);
  const to = storePlace(toName, workingFolder);
  if (from.address === to.address) {
    throw new UsageError(`${from.shown} would be copied into itself`, { hint: 'Name two stores.' });
  }
  const source = await openStoreToRead(from, context);
  const runs = names.length > 0 ? await namedRuns(names, source, from) : (await source.listRuns()).toReversed();
  const counts: Record<CopyOutcome, number> = { copied: 0, there: 0, running: 0, different: 0 };
  if (runs.length > 0) {
    const target = await context.openStoreAt(to);
    using status = createStatusLine(context);
    const copying = copyRuns(source, target, {
      runs,
      allowRunning: options.allowRunning,
      signal: interruption.signal,
      onRead: ({ id }, samples) => {
        if (samples % 1000 === 0) status.step(`${id}: ${countText(samples)} samples read`);
      },
    });
    for await (const copied of copying) {
      counts[copied.outcome] += 1;
      tell(copied, to, context);
    }
  }
  output.record('copies', { from: from.shown, to: to.shown, ...counts });
  output.result(endText(counts, to));
  return counts.running + counts.different > 0 ? exitCodes.someCellsFailed : exitCodes.done;
};

function tell(copied: CopiedRun, to: StorePlace, { output }: CliContext): void {
  const { runId, name, outcome, cells, samples } = copied;
  output.record('copy', copied);
  const size = `${countOf(cells, 'cell')}, ${countOf(samples, 'sample')}`;
  if (outcome === 'copied') output.note(`${runId} (${name}): copied, ${size}`);
  if (outcome === 'there') output.note(`${runId} (${name}): there already`);
  if (outcome === 'running') {
    output.warn(`${runId} was not copied: it is being worked on; --allow-running copies it as interrupted`);
  }
  if (outcome === 'different') output.warn(`${runId} was not copied: ${to.shown} has it with other content`);
}

function endText({ copied, there, running, different }: Readonly<Record<CopyOutcome, number>>, to: StorePlace): string {
  const refused = running + different;
  return [
    `copied ${countOf(copied, 'run')} into ${to.shown}`,
    ...(there === 0 ? [] : [`${countText(there)} there already`]),
    ...(refused === 0 ? [] : [`${countText(refused)} not copied`]),
  ].join('; ');
}
