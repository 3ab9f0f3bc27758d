/** Headlines of own tasks that are no share of right answers: what stands as accuracy is named. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { brief, saying } from '../../test/setup/ticket-folder.ts';
import { inFolder, perbench, useTicketFolder } from '../../test/setup/ticket-commands.ts';

useTicketFolder('test');

async function ran(task: string): Promise<string> {
  await writeFile(inFolder('own.task.yaml'), `data: tickets.csv\n${task}\n`);
  const models = [saying('one', 'billing', 'bug', 'a bug'), saying('two', 'billing')];
  await writeFile(inFolder('suite.json'), JSON.stringify({ models, tasks: ['own.task.yaml'], ...brief }));
  return (await perbench('run', 'suite.json')).stdout;
}

describe.each([
  ['metric: macro_f1', 'macro F1', 'macro F1, the mean of the F1 of all labels'],
  ['answer: text\nscore: rouge_l\nmetric: mean', 'mean ROUGE-L', 'the mean ROUGE-L'],
  ['answer: text\nscore: f1\nmetric: mean', 'mean F1', 'the mean F1 of the words that an answer shares with'],
])('%s', (task, name, meaning) => {
  it('is named in tables and in answers', async () => {
    const stdout = await ran(task);
    expect(stdout).toContain(`Accuracy here is ${meaning}`);
    const decided = (await perbench('decide', '--min-accuracy', '0.9')).stdout;
    expect(decided).toContain(`Accuracy here is ${meaning}`);
    expect(decided).toMatch(
      new RegExp(`one: ${name} 0\\.\\d{3} \\(at most .*below the required ${name} \\(0.9\\)`, 'u'),
    );
    expect(decided).not.toMatch(/accuracy 0\.\d/u);
    const low = (await perbench('decide', '--min-accuracy', '0.01')).stdout;
    expect(low).not.toMatch(/right \d|more often/u);
  });
});

it('accuracy itself needs no note', async () => {
  expect(await ran('metric: accuracy')).not.toContain('Accuracy here is');
});
