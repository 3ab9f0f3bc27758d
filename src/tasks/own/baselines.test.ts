import { describe, expect, it } from 'vitest';
import { resolvedTask } from '../../../test/setup/resolved-task.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { createRandom } from '../../stats/random.ts';
import { type OwnBaselines, ownBaselines } from './baselines.ts';
import { wordsRight } from './word-classifier.ts';

type Values = Readonly<Record<string, unknown>>;

function baselines(rows: readonly Values[], changes: Partial<ResolvedTask> = {}): OwnBaselines {
  return ownBaselines(
    resolvedTask(changes),
    rows.map((values) => ({ values })),
  );
}

const topics = { billing: ['invoice', 'card', 'fee'], bug: ['crash', 'error', 'screen'] } as const;

/** Rows whose words tell the label, but for every tenth. */
function telling(count: number): readonly Values[] {
  return Array.from({ length: count }, (_, index) => {
    const label = index % 2 === 0 ? 'billing' : 'bug';
    const words = topics[index % 10 === 0 ? 'bug' : label];
    return { text: `My ${words[index % 3]}, the ${words[(index + 1) % 3]}! (${index})`, label };
  });
}

describe('baselines', () => {
  it('words that tell the label are found, and asked about', () => {
    const { accuracies, notes } = baselines(telling(200));
    expect(accuracies).toEqual({ majority: 0.5, words: 0.9 });
    expect(notes).toEqual([
      'always answering "billing" is right in 50 % of 200 rows',
      'words alone reach 0.90 (naive Bayes, cross-validated on 200 rows): is a language model needed?',
    ]);
  });

  it('words that tell nothing are not', () => {
    const random = createRandom(1);
    const next = (): number => random.nextFloat();
    const rows = Array.from({ length: 200 }, () => ({
      text: Array.from({ length: 5 }, () => `w${Math.floor(20 * next())}`).join(' '),
      label: next() < 0.7 ? 'billing' : 'bug',
    }));
    const { accuracies, notes } = baselines(rows);
    expect(accuracies['words']).toBeLessThan((accuracies['majority'] ?? 0) + 0.02);
    expect(notes).toHaveLength(1);
  });

  it('a text that comes again tells nothing of itself', () => {
    const rows = Array.from({ length: 20 }, (_, index) => ({
      text: `word${index >> 1}`,
      label: (index >> 1) % 2 === 0 ? 'billing' : 'bug',
    }));
    expect(baselines(rows).accuracies['words']).toBeLessThanOrEqual(0.5);
  });

  it.each([
    ['9 rows', telling(9)],
    ['labels of one row', telling(20).map((row, index) => ({ ...row, label: index < 19 ? 'billing' : 'bug' }))],
  ])('no words of %s', (_what, rows) => {
    expect(Object.keys(baselines(rows).accuracies)).toEqual(['majority']);
  });

  it('choices: position, longest and shortest', () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      text: `question ${index}`,
      choices: ['a', 'bbb', 'cc', '𝒳𝒳'],
      label: index < 30 ? 1 : index < 36 ? 0 : 2,
    }));
    const { accuracies, notes } = baselines(rows, { answer: 'choice', labels: undefined, choices: 'choices' });
    expect(accuracies).toEqual({ majority: 0.75, longest: 0.75, shortest: 0.15 });
    expect(notes).toEqual([
      'always answering choice 2 is right in 75 % of 40 rows',
      'the longest choice is right in 75 % of 40 rows, more often than chance (25 %): the choices give something away',
    ]);
  });

  it.each<
    [
      what: string,
      targets: readonly unknown[],
      changes: Partial<ResolvedTask>,
      majority: number | undefined,
      note: string | undefined,
    ]
  >([
    [
      'numbers by their value',
      ['7', '7.0', '8', '9'],
      { answer: 'number' },
      0.5,
      'always answering "7" is right in 50 % of 4 rows',
    ],
    [
      'texts, any of several',
      ['a', ['b', 'a'], 'c', 'd'],
      { answer: 'text' },
      0.5,
      'always answering "a" is right in 50 % of 4 rows',
    ],
    [
      'no answer',
      ['', '', '', 'd'],
      { answer: 'text', unanswerable: 'none' },
      0.75,
      'always answering "(no answer)" is right in 75 % of 4 rows',
    ],
    ['texts that all differ', ['a', 'b', 'c', 'd'], { answer: 'text' }, 0.25, undefined],
    ['JSON', ['{}', '{}', '{}', '{}'], { answer: 'json' }, undefined, undefined],
    [
      'rows that do not fit are left out',
      ['7', '7', 'x', '8'],
      { answer: 'number' },
      2 / 3,
      'always answering "7" is right in 67 % of 3 rows',
    ],
  ])('%s', (_what, targets, changes, majority, note) => {
    const rows = targets.map((label, index) => ({ text: `t ${index}`, label }));
    const found = baselines(rows, { labels: undefined, ...changes });
    expect(found.accuracies['majority']).toBe(majority);
    expect(found.notes).toEqual(note === undefined ? [] : [note]);
  });

  it('of very many rows some are classified, of every label', () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => ({
      text: `${index % 3 === 0 ? 'card' : 'crash'} ${index}`,
      label: index % 3 === 0 ? 'billing' : 'bug',
    }));
    const { accuracies, notes } = baselines(rows);
    expect(accuracies['words']).toBe(1);
    expect(notes[1]).toContain('cross-validated on 20,000 rows');
  });

  it('no rows have none', () => {
    expect(baselines([])).toEqual({ accuracies: {}, notes: [] });
  });
});

describe('naive Bayes over words', () => {
  /** The formula as it is written, counted anew for each fold. */
  function written(texts: readonly { readonly text: string; readonly label: string }[]): number {
    const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const labels = [...new Set(texts.map(({ label }) => label))];
    const folds = new Map(
      labels.flatMap((label) => texts.filter((each) => each.label === label)).map((each, index) => [each, index % 10]),
    );
    return texts.filter((asked) => {
      const known = texts.filter((each) => folds.get(each) !== folds.get(asked));
      const vocabulary = new Set(known.flatMap(({ text }) => wordsOf(text)));
      const scores = labels.map((label) => {
        const own = known.filter((each) => each.label === label);
        const words = own.flatMap(({ text }) => wordsOf(text));
        const score = wordsOf(asked.text)
          .filter((word) => vocabulary.has(word))
          .reduce(
            (sum, word) =>
              sum + Math.log((words.filter((each) => each === word).length + 1) / (words.length + vocabulary.size)),
            Math.log(own.length / known.length),
          );
        return { label, score };
      });
      return scores.reduce((best, each) => (each.score > best.score + 1e-9 ? each : best)).label === asked.label;
    }).length;
  }

  it('is the formula, whatever the data', () => {
    const random = createRandom(7);
    const next = (): number => random.nextFloat();
    for (const labels of [2, 3, 5]) {
      const texts = Array.from({ length: 60 }, (_, index) => {
        const label = Math.floor(labels * next());
        const words = Array.from({ length: 8 }, () => `w${Math.floor(12 * next()) + (next() < 0.4 ? label : 0)}`);
        return { text: `${words.join(' ')} id${index}`, label: `label ${label}` };
      });
      const right = written(texts);
      expect(right).toBeGreaterThan(60 / labels);
      expect(wordsRight(texts)).toBe(right);
    }
  });

  it('knows characters of scripts without spaces', () => {
    const texts = Array.from({ length: 20 }, (_, index) => ({
      text: index % 2 === 0 ? `这是账单${index}` : `程序崩溃${index}`,
      label: index % 2 === 0 ? 'billing' : 'bug',
    }));
    expect(wordsRight(texts)).toBe(20);
  });
});
