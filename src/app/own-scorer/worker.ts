/**
 * The thread of a scorer of the user's own: it loads the module, says whether it has a scorer, then answers one call after
 * another. open-scorer.ts starts it, and waits for it without yielding.
 */
import { workerData } from 'node:worker_threads';
import { type ScorerCall, type ScorerReply, type ScorerStart, scorerStates } from './scorer-messages.ts';

type Scorer = (output: string, values: ScorerCall['values']) => unknown;

const { url, state, port } = workerData as ScorerStart;

function reply(message: ScorerReply, next: number = scorerStates.idle): void {
  port.postMessage(message);
  Atomics.store(state, 0, next);
  Atomics.notify(state, 0);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// A scorer may end its thread, or do what ends it: nobody must wait for it then.
process.on('exit', (code) => reply({ fault: `ended its thread with exit code ${code}` }, scorerStates.ended));

function answered(scorer: Scorer, { output, values }: ScorerCall): ScorerReply {
  try {
    const result = scorer(output, values);
    return result instanceof Promise ? { fault: 'gave a promise, where a scorer answers at once,' } : { result };
  } catch (error) {
    return { threw: textOf(error) };
  }
}

function answer(scorer: Scorer, call: ScorerCall): void {
  const message = answered(scorer, call);
  try {
    reply(message);
  } catch (error) {
    // Functions and the like can't leave a thread.
    reply({ fault: `gave what is not plain data (${textOf(error)})` });
  }
}

try {
  // What a program exports is unknown until it is looked at.
  const { default: scorer } = (await import(url)) as Readonly<Record<string, unknown>>;
  if (typeof scorer === 'function') {
    port.on('message', (call: ScorerCall) => answer(scorer as Scorer, call));
    reply({ result: undefined });
  } else {
    reply({
      fault: 'has no scorer: expected a function as its default export',
      hint: 'Write: export default (output, row) => output.includes(row.answer)',
    });
  }
} catch (error) {
  reply({ fault: `cannot be loaded: ${textOf(error)}` });
}
