import { expect, it } from 'vitest';
import { cellEnd, exampleCell, runStart } from '../../../test/terminal/progress-events.ts';
import { toyPlan } from '../../../test/run/toy-plan.ts';
import type { CliContext } from '../context.ts';
import { createOutput } from '../output.ts';
import { createProgress } from './create-progress.ts';

it.each([
  [0, false],
  [1, true],
])('shows what an engine wrote before it failed only with -v (%i)', (verbosity, isShown) => {
  let text = '';
  const sink = { write: (part: string) => void (text += part) };
  const output = createOutput({
    stdout: sink,
    stderr: sink,
    isJson: false,
    isQuiet: false,
    verbosity,
    hasColor: false,
  });
  const globals = { progress: true } as CliContext['globals'];
  const context = { output, globals, environment: {} } as unknown as CliContext;
  using progress = createProgress(context, toyPlan(), []);
  progress.handle(runStart([exampleCell(0)]));
  const failed = cellEnd(0, 'failed');
  if (failed.type !== 'cell-end' || failed.error === undefined) throw new Error('no failed cell');
  progress.handle({ ...failed, error: { ...failed.error, detail: 'llama: decode failed' } });
  expect(text).toContain('failed: model-0');
  expect(text.includes('llama: decode failed')).toBe(isShown);
});
