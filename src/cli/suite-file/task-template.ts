import { stringify } from 'yaml';
import type { ByStyle, ResolvedTask, TaskDefinition } from '../../core/task-definition.ts';

/** One key of a task file with what it does. */
interface Line {
  readonly key: string;
  readonly value: unknown;
  readonly comment: string;
  /** It isn't set, and the value is an example. */
  readonly isExample?: boolean;
}

function same(value: unknown, other: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify(other);
}

/** One value where both styles have the same. */
function joined<Value>({ plain, chat }: ByStyle<Value>): Value | ByStyle<Value> {
  return same(plain, chat) ? plain : { plain, chat };
}

/** A list on one line, with quotes wherever YAML wants some: `[billing, bug, "\\n"]`. */
function listText(values: readonly unknown[]): string {
  const texts = values.map((value) => {
    const plain = stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trimEnd();
    return typeof value === 'string' && (plain.includes('\n') || /[,[\]{}]/.test(plain))
      ? JSON.stringify(value)
      : plain;
  });
  return `[${texts.join(', ')}]`;
}

function isLists(value: unknown): value is Readonly<Record<string, readonly unknown[]>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((each) => Array.isArray(each));
}

function yamlText(key: string, value: unknown): string {
  if (Array.isArray(value)) return `${key}: ${listText(value)}\n`;
  if (isLists(value)) {
    const lines = Object.entries(value).map(([name, own]) => `  ${name}: ${listText(own)}\n`);
    return `${key}:\n${lines.join('')}`;
  }
  return stringify({ [key]: value }, { lineWidth: 0 });
}

function yamlOf({ key, value, isExample = false }: Line): string {
  const text = yamlText(key, value);
  return isExample ? text.replaceAll(/^(?=.)/gm, '# ') : text;
}

/** What only some tasks have. */
function ofKind({ answer, labels, choices, firstChoice, decimal, by }: ResolvedTask): readonly Line[] {
  if (answer === 'label') return [{ key: 'labels', value: labels, comment: 'All right answers that there are.' }];
  if (answer === 'number' && decimal !== undefined)
    return [{ key: 'decimal', value: decimal, comment: 'Sign before the fraction of numbers in the target.' }];
  if (answer !== 'choice') return [];
  const comment = 'The column with a list of choices, or the columns with one each.';
  const first = {
    key: 'firstChoice',
    value: firstChoice,
    comment: 'Number of the first choice, where the target counts.',
  };
  return [
    { key: 'choices', value: choices, comment },
    ...(firstChoice === undefined || by === undefined ? [] : [first]),
  ];
}

function answering({ by, maxTokens, stop }: ResolvedTask): readonly Line[] {
  if (by === 'likelihood') return [];
  return [
    { key: 'maxTokens', value: joined(maxTokens), comment: 'Tokens that an answer may have; thoughts have their own.' },
    { key: 'stop', value: joined(stop), comment: 'Texts that end an answer.' },
  ];
}

function orExample(key: string, value: unknown, example: unknown, comment: string): Line {
  return value === undefined ? { key, value: example, comment, isExample: true } : { key, value, comment };
}

/**
 * A task file that says all that decides, with comments.
 *
 * @param stored the definition as a suite keeps it
 * @param data as the file is to name it
 */
export function taskTemplate(task: ResolvedTask, stored: TaskDefinition, data: TaskDefinition['data']): string {
  const { name, title, input, target, id, answer, by, system, prompt, metric, need } = task;
  const lines: readonly Line[] = [
    {
      key: 'task',
      value: name,
      comment: 'Name of the task; its id gets a hash of what decides, so a changed prompt is another task.',
    },
    { key: 'title', value: title, comment: 'Title in tables and reports.' },
    {
      key: 'data',
      value: data,
      comment:
        'CSV, TSV, JSON, JSON Lines or Parquet (.gz too), a folder of them, or hf:owner/name; relative to this file.',
    },
    { key: 'input', value: input, comment: 'Column with the input: a text, or chat messages as OpenAI has them.' },
    orExample('target', target, 'label', 'Column with the right answer, or a list of right answers.'),
    orExample('id', id, 'ticket_id', 'Column with an id that no two rows share (default: a hash of the row).'),
    { key: 'answer', value: answer, comment: 'Kind of answer: label, choice, text, number, json, or free.' },
    ...ofKind(task),
    { key: 'by', value: by, comment: 'generate, or likelihood (labels and choices only).' },
    orExample('system', system, `You answer for ${name}.`, 'System message of a chat.'),
    {
      key: 'prompt',
      value: joined(prompt),
      comment: 'Jinja template over the columns, labels and choices; plain for base models, chat for others.',
    },
    ...answering(task),
    { key: 'score', value: stored.score, comment: 'How an answer is scored; see docs/own-tasks.md for all of them.' },
    { key: 'metric', value: metric, comment: 'accuracy, mean, or macro_f1 (which no race can decide).' },
    orExample(
      'examples',
      stored.examples,
      { count: 4, pick: 'first' },
      'Few-shot examples: the first rows, which are not evaluated then, or rows of another file (from:).',
    ),
    orExample(
      'need',
      need,
      { accuracy: 0.9, latency: '500ms', memory: '4GiB' },
      'What is needed at least: limits and anchors of the answer.',
    ),
  ];
  const parts = lines.map((line) => `# ${line.comment}\n${yamlOf(line)}`);
  const head =
    '# A task on data of your own. "perbench tasks FILE" shows its prompts and checks, "perbench run -m MODEL -t FILE" runs it.';
  return `${head}\n\n${parts.join('\n')}`;
}
