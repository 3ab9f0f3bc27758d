/** What task files demand under `need`: decisions keep to it, proposals don't replace it, races say what they leave out. */
import { expect, it } from 'vitest';
import { brief, saying } from '../../test/setup/ticket-folder.ts';
import { perbench, useTicketFolder, write } from '../../test/setup/ticket-commands.ts';

useTicketFolder('test');

async function writeSuite(tasks: readonly string[], settings: object = {}): Promise<void> {
  const models = [saying('guess', 'billing'), saying('other', 'bug')];
  await write('suite.json', JSON.stringify({ models, tasks, ...brief, ...settings }));
}

it('what to do next keeps to the accuracy that a task file needs', async () => {
  await write('need.task.yaml', 'data: tickets.csv\nneed: { accuracy: 0.9 }\n');
  await writeSuite(['need.task.yaml']);
  expect((await perbench('run', 'suite.json')).stderr).toMatch(/^ {2}decide +perbench decide$/mu);
  expect((await perbench('decide')).stdout).toContain('below the required accuracy (0.9)');
  await write('need.task.yaml', 'data: tickets.csv\nneed: { memory: 4GiB }\n');
  expect((await perbench('run', 'suite.json')).stderr).toMatch(/^ {2}decide +perbench decide --min-accuracy 0\.1/mu);
});

it('one answer to several tasks keeps to the needs of each', async () => {
  await write('need.task.yaml', 'data: tickets.csv\ntask: needed\nneed: { accuracy: 0.3 }\n');
  await write('free.task.yaml', 'data: tickets.csv\ntask: free\nprompt: "{{ text }} Kind:"\n');
  await writeSuite(['need.task.yaml', 'free.task.yaml']);
  await perbench('run', 'suite.json');
  const both = ['decide', '--task', 'needed=1,free=1'] as const;
  const { stdout } = await perbench(...both);
  expect(stdout).toContain('the required accuracy (0.3)');
  expect(stdout).toContain('chance (0.333)');
  expect(stdout).toContain('Limits and anchors of need.task.yaml: accuracy >= 0.3.');
  // A flag stands above it, on every task.
  const flagged = (await perbench(...both, '--min-accuracy', '0.7')).stdout;
  expect(flagged).toContain('the required accuracy (0.7)');
  expect(flagged).not.toMatch(/chance|\(0\.3\)/u);
});

it.each([
  ['accuracy >= 0.2', "The race keeps to its own question, which doesn't ask for accuracy >= 0.3 of need.task.yaml."],
  ['accuracy >= 0.3', undefined],
])('a race for the cheapest with %s says what it leaves out', async (limit, note) => {
  await write('need.task.yaml', 'data: tickets.csv\nneed: { accuracy: 0.3 }\n');
  const settings = { protocol: 'serving', launches: 1, windowSeconds: 0.05, latencyRequests: 3 };
  await writeSuite(['need.task.yaml'], settings);
  const { stderr } = await perbench('run', 'suite.json', '--decide', `cheapest with ${limit}`);
  expect(stderr.split('\n').filter((line) => line.includes('The race keeps'))).toEqual(
    note === undefined ? [] : [note],
  );
  expect((await perbench('decide')).stdout).toContain(note ?? 'Limits and anchors of need.task.yaml: accuracy >= 0.3.');
});
