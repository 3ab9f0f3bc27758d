import { relative } from 'node:path';
import { quantizeModel, type QuantizedModel } from '../../app/quantize-model.ts';
import { countText } from '../../core/amount-text.ts';
import { UsageError } from '../../core/errors.ts';
import { type Cell, numberCell, sizeCell } from '../../present/document.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { printTable } from '../print-document.ts';
import { createStatusLine } from '../progress/status-line.ts';
import type { quantizeOptions } from '../tables/prepare-options.ts';

export const quantize: CommandHandler<typeof quantizeOptions> = async (
  { arguments: [model = ''], options },
  context,
) => {
  const { to, out, threads, force } = options;
  if (to.length === 0) {
    throw new UsageError('quantize: --to is missing', { hint: 'Name the quantisations, such as --to q8_0,q4_k_m.' });
  }
  const made: QuantizedModel[] = [];
  using status = createStatusLine(context);
  const files = quantizeModel(model, await createLocalContext(context, status), {
    to,
    folder: out === undefined ? undefined : context.path(out),
    threads,
    isForced: force,
    signal: context.interruption.signal,
    onTensor: (file, tensor, tensors) => status.step(`${file}: tensor ${tensor} of ${tensors}`),
  });
  for await (const file of files) {
    made.push(file);
    context.output.record('file', file);
  }
  status[Symbol.dispose]();
  printTable(
    ['file', 'size', 'bits per weight', 'quantisation', ''],
    made.map((file) => fileRow(file, context)),
    context,
  );
  for (const { quantisation, fallback } of made) {
    if (fallback === undefined || fallback.tensors === 0) continue;
    context.output.note(
      `${quantisation}: ${countText(fallback.tensors)} of ${countText(fallback.of)} tensors have rows that don't divide into its blocks, and got a type with more bits`,
    );
  }
  return exitCodes.done;
};

function fileRow(
  { path, bytes, bitsPerWeight, quantisation, isMade }: QuantizedModel,
  context: CliContext,
): readonly Cell[] {
  const shown = relative(context.workingFolder, path);
  return [
    shown.startsWith('..') ? path : shown,
    sizeCell(bytes),
    numberCell(bitsPerWeight, 2),
    quantisation,
    isMade ? '' : 'was there already',
  ];
}
