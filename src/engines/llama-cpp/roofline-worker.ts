/**
 * A separate process that measures what the CPU can do with the library's kernels, and prints it as one JSON line. Its
 * input is a RooflineOrder, as JSON.
 */
import { text } from 'node:stream/consumers';
import { PerbenchError } from '../../core/errors.ts';
import type { Roofline } from '../../core/roofline.ts';
import type { RooflineAnswer, RooflineOrder } from './measure-roofline.ts';
import { MatrixTimer } from './native/matrix-timer.ts';
import { openLibrary } from './native/open-library.ts';

function measure({ location, threads, types }: RooflineOrder): Roofline {
  const timer = new MatrixTimer(openLibrary(location), location, threads);
  const stepMs = timer.stepMs();
  const rates = types.map((type) => timer.rate(type)).filter((rate) => rate !== undefined);
  return { rates, stepMs, threads };
}

// Our own program wrote it.
const order = JSON.parse(await text(process.stdin)) as RooflineOrder;
let answer: RooflineAnswer;
try {
  answer = measure(order);
} catch (error) {
  if (!(error instanceof PerbenchError)) throw error;
  answer = { message: error.message, hint: error.hint };
}
process.stdout.write(`${JSON.stringify(answer)}\n`);
