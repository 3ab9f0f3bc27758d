import { describe, expect, it } from 'vitest';
import { type Entrant, type RaceSetup } from './race-setup.ts';
import { openCandidates, replayRace } from './replay-race.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';

const items = 200;
const anchors = { trivialAccuracy: 0, throughput: 100, latency: 10, memory: 2 ** 30 };

const setupOf = (question: string): RaceSetup => raceSetup(question, { items, anchors });

/** A model with so many answers, a share of them right; not launched without a speed. */
function entrant(model: string, answers: number, accuracy: number, speed?: number, memoryFloor?: number): Entrant {
  const isRight = (index: number): boolean =>
    Math.floor((index + 1) * accuracy + 1e-9) > Math.floor(index * accuracy + 1e-9);
  return {
    model,
    memoryFloor,
    launches: speed === undefined ? [] : [{ throughput: speed, latency: 1000 / speed, memory: 2 ** 30 }],
    scores: Array.from({ length: answers }, (_, index) => Number(isRight(index))),
    latencies: [],
    brokenItems: 0,
  };
}

function openOf(question: string, entrants: readonly Entrant[]) {
  const setup = setupOf(question);
  return openCandidates(replayRace(entrants, setup), entrants, setup);
}

describe('a race that was stopped', () => {
  const known = entrant('known', items, 0.8, 100);

  it('tells who is left, and how near the best so far is to the winner', () => {
    const open = openOf('winner', [known, entrant('asked', 30, 0.8, 100), entrant('unseen', 0, 0, undefined, 2 ** 32)]);
    expect(open.candidates).toEqual(['known', 'asked', 'unseen']);
    // What is asked further brings the bound nearer.
    const [some, more] = [30, 150].map((answers) => openOf('winner', [known, entrant('asked', answers, 0.8, 100)]));
    expect(more?.delta).toBeLessThan(some?.delta ?? 0);
    expect(more?.delta).toBeGreaterThan(0);
  });

  it('leaves out whom the answers or another model ruled out', () => {
    const [asked, weak] = [entrant('asked', 64, 0.75, 100), entrant('weak', 64, 0.2, 100)];
    expect(openOf('winner', [known, weak, asked]).candidates).toEqual(['known', 'asked']);
    const slow = entrant('slow', 16, 1, 0.1);
    expect(openOf('winner', [known, slow, asked]).candidates).toEqual(['known', 'asked']);
  });

  it('does not say how near where nothing bounds the others, or the best may be no better than guessing', () => {
    const open = openOf('winner', [known, entrant('unseen', 0, 0)]);
    expect(open).toEqual({ candidates: ['known', 'unseen'], delta: null });
    const guess = (model: string): Entrant => entrant(model, 16, 0, 100);
    expect(openOf('winner', [guess('a'), guess('b')]).delta).toBeNull();
  });

  it('of the cheapest tells who is left', () => {
    const question = 'cheapest with accuracy >= 0.7';
    const [weak, passed] = [entrant('weak', 60, 0.2, 300), entrant('passed', items, 0.9, 200)];
    const open = openOf(question, [weak, passed, entrant('unseen', 0, 0)]);
    expect(open).toEqual({ candidates: ['passed', 'unseen'], delta: null });
  });
});
