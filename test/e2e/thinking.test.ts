import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Sample } from '../../src/core/sample.ts';
import { openStoreIn, startPerbench, temporaryFolder } from './perbench-process.ts';

/** SmolLM2's turns, with a block of thoughts unless it is told not to. */
const template = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant
{% if enable_thinking is not defined or enable_thinking %}<think>
{% endif %}`;

const suite = `
models:
  - source: smollm2-135m-instruct
    thinking: { budget: 32 }
    engineOptions: { chatTemplate: thinking.jinja }
tasks: [imdb/mini, arc_easy/mini]
protocol: paper
limit: 2
concurrency: 2
`;

it('scores the answer, not the thoughts, of a real model on reviews and multiple choice', async () => {
  using folder = temporaryFolder();
  await writeFile(join(folder.path, 'thinking.jinja'), template);
  await writeFile(join(folder.path, 'suite.yaml'), suite);
  const run = startPerbench(folder.path, 'run', 'suite.yaml');
  await run.ended;
  const said = run.events().flatMap((event) => (typeof event['thinking'] === 'string' ? [event['thinking']] : []));
  expect(said).toEqual([
    'smollm2-135m-instruct (thinking, 32): thinks, closed by force after 32 tokens (its template opens a think block (<think>))',
  ]);
  await using store = await openStoreIn(folder.path);
  const stored = await store.latestRun();
  expect(stored?.status).toBe('finished');
  const cells = await store.cells(stored?.id ?? '');
  expect(cells.map(({ state }) => state)).toEqual(['done', 'done']);
  let thoughtful = 0;
  for (const cell of cells) {
    const samples: readonly Sample[] = await Array.fromAsync(store.samples(cell.id));
    expect(samples).toHaveLength(2);
    for (const { output, thoughts, thinkingTokens, outputTokens, answer } of samples) {
      // Where this model ends its turn at once, the block is closed at once too, and it answers all the same.
      thoughtful += thoughts !== undefined && Number(thinkingTokens) > 0 ? 1 : 0;
      // The last character is whole.
      expect(thinkingTokens).toBeLessThanOrEqual(35);
      expect(output).toMatch(/\w/);
      expect(output).not.toContain('think>');
      expect(Number(outputTokens) - Number(thinkingTokens)).toBeLessThanOrEqual(16);
      // What was read stands in the answer itself.
      expect(output.toLowerCase()).toContain((answer ?? '').toLowerCase());
    }
    expect(cell.measurements.thinkingTokens).toMatchObject({ status: 'measured', unit: 'count', n: 2 });
  }
  expect(thoughtful).toBeGreaterThan(0);
});
