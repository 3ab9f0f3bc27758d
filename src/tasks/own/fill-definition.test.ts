import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import { answerKinds, type AnswerKind, type TaskDefinition, type TaskScore } from '../../core/task-definition.ts';
import { caught } from '../../../test/setup/caught.ts';
import { bothStyles, fillDefinition, type KnownOfTask, plainScore } from './fill-definition.ts';

const scoreOfFree: TaskScore = { kind: 'contains' };

function known(answer: AnswerKind, change: Partial<KnownOfTask> = {}): KnownOfTask {
  return {
    name: 'tickets',
    data: { path: '/data/tickets.csv' },
    input: 'text',
    target: 'label',
    answer,
    labels: answer === 'label' ? ['billing', 'bug'] : undefined,
    choices: answer === 'choice' ? 'options' : undefined,
    examples: undefined,
    ...(answer === 'free' && { score: scoreOfFree }),
    ...change,
  };
}

const data = 'tickets.csv';

describe('defaults of a definition', () => {
  it.each(answerKinds)('%s: a prompt that ends where the answer begins, and one that asks', (answer) => {
    const task = fillDefinition({ data }, known(answer));
    const { plain, chat } = task.prompt;
    expect(plain).toContain('{{ input }}');
    expect(chat).toContain('{{ input }}');
    // Any text may be the answer to any text: nothing is asked of it.
    expect([plain.endsWith(':'), chat.endsWith('.')]).toEqual([answer !== 'free', answer !== 'free']);
    expect(plain.includes('labels')).toBe(answer === 'label');
    expect(plain.includes('letters')).toBe(answer === 'choice');
    expect(task.maxTokens.chat).toBeGreaterThanOrEqual(task.maxTokens.plain);
    expect(task.stop.plain.length).toBeGreaterThan(0);
    expect([task.title, task.by, task.metric]).toEqual(['tickets', 'generate', 'accuracy']);
  });

  it.each([
    ['label', undefined, { kind: 'label' }],
    ['choice', undefined, { kind: 'choice' }],
    ['text', undefined, { kind: 'exact' }],
    ['number', undefined, { kind: 'number', tolerance: 0 }],
    ['number', { number: { tolerance: 0.5 } }, { kind: 'number', tolerance: 0.5 }],
    ['json', undefined, { kind: 'json', schema: undefined }],
    ['json', { json: { schema: { type: 'object' } } }, { kind: 'json', schema: { type: 'object' } }],
    ['text', { regex: 'a' }, { kind: 'regex', pattern: 'a' }],
    ['choice', 'letter', { kind: 'letter' }],
    ['free', undefined, undefined],
    ['text', 'module ./score.ts', undefined],
    ['text', { module: './score.ts' }, undefined],
    ['json', { json: { schema: './schema.json' } }, undefined],
  ] as const)('%s answers scored by %j', (answer, written, score) => {
    expect(plainScore(written, answer)).toEqual(score);
  });

  it('has room for the longest label', () => {
    const long = 'a label of many words that goes on and on, as some do';
    const { maxTokens } = fillDefinition({ data }, known('label', { labels: [long, 'b'] }));
    expect(maxTokens.plain).toBeGreaterThan(long.length / 2);
  });

  it('expands one value for both styles, and keeps one for each', () => {
    const task = fillDefinition({ data, prompt: 'P', maxTokens: 7, stop: ['x'] }, known('label'));
    expect(task.prompt).toEqual({ plain: 'P', chat: 'P' });
    expect(task.maxTokens).toEqual({ plain: 7, chat: 7 });
    expect(task.stop).toEqual({ plain: ['x'], chat: ['x'] });
    expect(bothStyles({ plain: 1, chat: 2 })).toEqual({ plain: 1, chat: 2 });
  });

  it.each(
    answerKinds
      .flatMap((answer) => (['generate', 'likelihood'] as const).map((by) => [answer, by] as const))
      .filter(([answer, by]) => by === 'generate' || answer === 'label' || answer === 'choice'),
  )('%s by %s is the same when it is read again with its defaults written out', (answer, by) => {
    const own = known(answer);
    const task = fillDefinition({ data, by }, own);
    const { name, score, ...rest } = task;
    expect(fillDefinition({ ...rest, task: name, score: score.kind }, own)).toEqual(task);
  });

  it('calls partial credit a mean', () => {
    const metric = (written: Partial<TaskDefinition>, change: Partial<KnownOfTask> = {}): string =>
      fillDefinition({ data, ...written }, known('text', change)).metric;
    expect(metric({ score: 'f1' })).toBe('mean');
    expect(metric({ score: 'rouge_l' })).toBe('mean');
    expect(metric({}, { score: { kind: 'module', path: '/s.ts', sha256: '' } })).toBe('mean');
    expect(metric({ score: 'contains' })).toBe('accuracy');
  });
});

describe('settings that do not go together', () => {
  it.each<[string, AnswerKind, Partial<TaskDefinition>, Partial<KnownOfTask>, RegExp]>([
    [
      'likelihood of text',
      'text',
      { by: 'likelihood' },
      {},
      /^tickets: `by`: `likelihood` compares labels or choices/u,
    ],
    [
      'likelihood with tokens',
      'label',
      { by: 'likelihood', maxTokens: 3 },
      {},
      /`maxTokens`: likelihood generates nothing/u,
    ],
    ['likelihood with stop', 'choice', { by: 'likelihood', stop: ['x'] }, {}, /`stop`: likelihood generates nothing/u],
    ['likelihood with a score', 'label', { by: 'likelihood', score: 'exact' }, {}, /`score`: likelihood has no text/u],
    ['macro F1 of numbers', 'number', { metric: 'macro_f1' }, {}, /`metric`: `macro_f1` needs labels/u],
    [
      'macro F1 of a module',
      'label',
      { metric: 'macro_f1' },
      { score: { kind: 'module', path: '/s.ts', sha256: '' } },
      /`metric`: `macro_f1` needs labels that perbench reads/u,
    ],
    [
      'accuracy of partial credit',
      'text',
      { metric: 'accuracy', score: 'f1' },
      {},
      /`metric`: `f1` gives partial credit/u,
    ],
    ['labels of numbers', 'number', {}, { labels: ['a', 'b'] }, /`labels`: number answers have no labels/u],
    ['one label', 'label', {}, { labels: ['a'] }, /`labels`: a label task needs at least 2/u],
    ['a label twice', 'label', {}, { labels: ['a', 'b', 'a'] }, /`labels`: "a" is there twice/u],
    ['no choices', 'choice', {}, { choices: undefined }, /`choices`: a choice task needs/u],
    ['choices of text', 'text', {}, { choices: 'options' }, /`choices`: text answers have no choices/u],
    ['decimal commas in text', 'text', { decimal: ',' }, {}, /`decimal`: text answers are no numbers/u],
    ['the first choice of text', 'text', { firstChoice: 1 }, {}, /`firstChoice`: text answers have no choices/u],
    [
      'JSON score of labels',
      'label',
      { score: 'json' },
      {},
      /`score`: `json` doesn't score label answers; those have `label`, `exact`, `module`/u,
    ],
    [
      'a tolerance of text',
      'text',
      { score: { number: { tolerance: 1 } } },
      {},
      /`score`: `number` doesn't score text answers/u,
    ],
    ['unanswerable labels', 'label', { unanswerable: 'none' }, {}, /`unanswerable`: label answers can't be missing/u],
    ['free without a scorer', 'free', {}, { score: undefined }, /`score`: free answers need a scorer/u],
    ['no target', 'text', {}, { target: undefined }, /`target`: `score: exact` compares with a right answer/u],
    [
      'balanced text',
      'text',
      {},
      { examples: { from: undefined, count: { plain: 1, chat: 1 }, pick: 'balanced' } },
      /`examples.pick`: `balanced` needs labels or choices/u,
    ],
    [
      'examples without target',
      'free',
      {},
      {
        target: undefined,
        score: { kind: 'regex', pattern: 'a' },
        examples: { from: undefined, count: { plain: 1, chat: 1 }, pick: 'first' },
      },
      /`examples`: examples need a `target`/u,
    ],
  ])('%s', (_, answer, written, change, message) => {
    const fill = () => fillDefinition({ data, ...written }, known(answer, change));
    expect(fill).toThrow(ConfigError);
    expect(fill).toThrow(message);
  });

  it('names the file and the key', () => {
    const error = caught(() => fillDefinition({ data, by: 'likelihood' }, known('text'), '/x/tickets.task.yaml'));
    expect(error).toMatchObject({ at: { file: '/x/tickets.task.yaml', key: 'by' }, hint: 'Use `by: generate`.' });
  });
});
