import { describe, expect, it } from 'vitest';
import type { CellSummary } from '../viewer-data.ts';
import {
  choiceOf,
  columnLetter,
  filterText,
  modelsText,
  queriedCells,
  shownModels,
  withModel,
  withOutcome,
  withTask,
  type SampleChoice,
} from './sample-choice.ts';

function cellOf(id: string, taskId: string): CellSummary {
  return {
    id,
    runId: 'run',
    model: `model ${id}`,
    taskId,
    title: undefined,
    state: 'done',
    items: 1,
    answered: 1,
    accuracy: 1,
    error: undefined,
  };
}

const cells = [cellOf('a', 'one'), cellOf('x', 'two'), cellOf('b', 'one'), cellOf('c', 'one')];

function choice(params: Readonly<Record<string, string>>): SampleChoice {
  return choiceOf(new Map(Object.entries(params)), cells);
}

function shownIds(params: Readonly<Record<string, string>>): readonly string[] {
  return shownModels(choice(params)).map(({ cell }) => cell.id);
}

describe('what is shown', () => {
  it('is every model of the first task, until the address asks for others', () => {
    expect(choice({})).toMatchObject({ taskId: 'one', isDisputed: false, search: '', itemId: '' });
    expect(shownIds({})).toEqual(['a', 'b', 'c']);
    expect(shownIds({ task: 'two' })).toEqual(['x']);
    expect(shownIds({ cells: 'c nowhere x a' })).toEqual(['a', 'c']);
    expect(shownIds({ cells: 'nowhere' })).toEqual(['a', 'b', 'c']);
    expect(choice({ q: 'x', item: '3' })).toMatchObject({ search: 'x', itemId: '3' });
  });

  it('is no more than the server lets through', () => {
    const many = choiceOf(
      new Map(),
      Array.from({ length: 40 }, (_, index) => cellOf(`m${index}`, 'one')),
    );
    expect(shownModels(many)).toHaveLength(32);
    expect(modelsText(many)).toBe('Models: 32 of 40 shown');
  });

  it('changes model by model, whose letters stay', () => {
    expect(withModel(choice({}), 'b', false)).toEqual({ cells: 'a c' });
    expect(withModel(choice({ cells: 'a c' }), 'b', true)).toEqual({ cells: '' });
    expect(shownModels(choice({ cells: 'a c' })).map(({ letter }) => letter)).toEqual(['A', 'C']);
    expect(modelsText(choice({ cells: 'a c' }))).toBe('Models: 2 of 3 shown');
    expect(modelsText(choice({}))).toBe('Models: all 3 shown');
    expect([0, 25, 26, 51, 52].map(columnLetter)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA']);
  });
});

describe('what is wanted of each model', () => {
  it('is in the address, for models that are shown', () => {
    const params = { right: 'a', wrong: 'b x', unparsed: 'c', cells: 'a b' };
    expect(queriedCells(choice(params))).toEqual([
      { id: 'a', outcome: 'right' },
      { id: 'b', outcome: 'wrong' },
    ]);
    expect(filterText(choice(params))).toBe('A right, B wrong');
    expect(filterText(choice({ unparsed: 'b', differ: '1' }))).toBe('B unreadable, different scores');
    expect(filterText(choice({}))).toBe('');
  });

  it('changes model by model, the others staying as they are', () => {
    const before = choice({ right: 'a', wrong: 'b c' });
    const none = { right: '', wrong: '', unparsed: '', truncated: '', cut: '', failed: '' };
    expect(withOutcome(before, 'c', 'right')).toEqual({ ...none, right: 'a c', wrong: 'b' });
    expect(withOutcome(before, 'a', undefined)).toEqual({ ...none, wrong: 'b c' });
  });

  it('is forgotten with the task, and differs only between two', () => {
    expect(withTask('two')).toMatchObject({ task: 'two', cells: '', item: '', right: '', failed: '' });
    expect(choice({ differ: '1' }).isDisputed).toBe(true);
    expect(choice({ differ: '1', cells: 'a' }).isDisputed).toBe(false);
  });
});
