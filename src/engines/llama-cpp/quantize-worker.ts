/*
 * The process that quantises one file, forked by quantize-file.ts: a blocking call of minutes, which only the end of
 * its process can stop.
 */
import { PerbenchError } from '../../core/errors.ts';
import { dieBeforeParent } from './die-before-parent.ts';
import { LogLines } from './native/library.ts';
import { openLibrary } from './native/open-library.ts';
import { bindQuantizer } from './native/quantizer.ts';
import type { QuantizeOrder, QuantizeReport } from './quantize-file.ts';

function report(message: QuantizeReport): void {
  if (process.connected) process.send?.(message);
}

/** @throws {PerbenchError} where the library isn't the one that is known */
function quantize({ library: location, ...params }: QuantizeOrder): QuantizeReport {
  const library = openLibrary(location);
  const run = bindQuantizer(location);
  const log = new LogLines();
  let [tensors, fallbackTensors, mebibytes] = [0, 0, 0];
  const hear = (level: number, line: string): void => {
    log.add(level, line);
    const [, tensor, of] = /^\[ *(\d+)\/ *(\d+)\]/.exec(line) ?? [];
    if (tensor !== undefined) {
      tensors = Number(of);
      report({ type: 'tensor', tensor: Number(tensor), tensors });
    }
    mebibytes = Number(/quant size += +([0-9.]+) MiB/.exec(line)?.[1] ?? mebibytes);
    fallbackTensors = Number(/(\d+) of \d+ tensor\(s\) required fallback/.exec(line)?.[1] ?? fallbackTensors);
  };
  if (!library.withLog(hear, () => run(params))) {
    return { type: 'failed', message: log.reason() ?? 'no reason given', hint: undefined };
  }
  return { type: 'done', result: { tensors, fallbackTensors, weightsBytes: Math.round(mebibytes * 2 ** 20) } };
}

dieBeforeParent();
process.on('message', (order: QuantizeOrder) => {
  try {
    report(quantize(order));
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    report({ type: 'failed', message: error.message, hint: error.hint });
  }
});
// The parent has heard the result, which may be on its way for a while, or is gone.
process.on('disconnect', () => {
  process.exit(0);
});
