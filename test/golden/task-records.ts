import type {
  ArcRecord,
  Gsm8kRecord,
  HellaswagRecord,
  ImdbRecord,
  SquadRecord,
} from '../../src/core/dataset-record.ts';
import type { Task } from '../../src/core/task.ts';
import { loadTask } from '../../src/tasks/index.ts';

export const gsm8k: Gsm8kRecord = { question: 'How many?', answer: 'It is 2+3 = <<2+3=5>>5.\n#### 1,005' };
export const arc: ArcRecord = {
  id: 'x1',
  question: 'Which?',
  choices: [
    { label: '1', text: 'red' },
    { label: '2', text: 'blue' },
    { label: '3', text: 'green' },
  ],
  answerKey: '2',
};
export const hellaswag: HellaswagRecord = { query: 'Label: He', endings: ['runs.', ' walks on.', 'sits.', 'eats.'], label: 1 };
export const squad: SquadRecord = { id: 's1', title: 'T', context: 'C.', question: 'Q?', answers: ['blue sky', 'sky'] };
export const imdb: ImdbRecord = { text: 'Nice.<br /><br />Really.', label: 1 };

export async function itemOf(name: string, record: unknown): Promise<{ readonly task: Task; readonly item: unknown }> {
  const task = await loadTask(name);
  return { task, item: task.parse(record, 7) };
}
