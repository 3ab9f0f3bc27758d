import { describe, expect, it } from 'vitest';
import { formatHash, parseHash, withParams } from './hash-state.ts';

describe('the address', () => {
  it.each([
    ['', '', []],
    ['#board-1', 'board-1', []],
    ['#?gate=0.5', '', [['gate', '0.5']]],
    [
      '#/runs/1/samples?task=a%2Fb%401&q=x%26y+z',
      '/runs/1/samples',
      [
        ['task', 'a/b@1'],
        ['q', 'x&y z'],
      ],
    ],
  ] as const)('%s is read as %s', (hash, path, params) => {
    const state = parseHash(hash);
    expect([state.path, [...state.params]]).toEqual([path, params]);
  });

  it('reads back what is written', () => {
    const state = {
      path: '/compare',
      params: new Map([
        ['a', 'x&y=?#'],
        ['b', '模型 1'],
      ]),
    };
    expect(parseHash(formatHash(state))).toEqual(state);
    expect(formatHash({ path: '/runs', params: new Map() })).toBe('#/runs');
  });

  it('keeps what is not changed, and an empty value removes a setting', () => {
    const before = parseHash('#/runs/1?gate=0.5&score=paper');
    expect(formatHash(withParams(before, { gate: '', q: 'a' }))).toBe('#/runs/1?score=paper&q=a');
    expect(formatHash(before)).toBe('#/runs/1?gate=0.5&score=paper');
  });
});
