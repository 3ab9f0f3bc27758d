import type { ResolvedTask } from '../../src/core/task-definition.ts';

/** A definition of a task with labels over columns `text` and `label`, and what a test changes of it. */
export function resolvedTask(changes: Partial<ResolvedTask> = {}): ResolvedTask {
  const { input = 'text' } = changes;
  return {
    name: 'tickets',
    title: 'tickets',
    data: { path: '/data/tickets.csv' },
    examples: undefined,
    input,
    target: 'label',
    id: undefined,
    cluster: undefined,
    answer: 'label',
    labels: ['billing', 'bug'],
    choices: undefined,
    by: 'generate',
    system: undefined,
    prompt: { plain: '{{ input }}\nLabel:', chat: '{{ input }}' },
    maxTokens: { plain: 16, chat: 16 },
    stop: { plain: ['\n'], chat: [] },
    score: { kind: 'label' },
    unanswerable: undefined,
    metric: 'accuracy',
    need: undefined,
    ...changes,
  };
}
