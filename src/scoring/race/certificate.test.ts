import { describe, expect, it } from 'vitest';
import { driveRace, type SimulatedModel } from '../../../test/race/drive-race.ts';
import { type Entrant, type RaceSetup } from './race-setup.ts';
import type { Answer } from '../answer.ts';
import { answerHeadline } from '../answer-text.ts';
import { certificateBlocks } from '../../present/certificate-document.ts';
import { terminalText } from '../../present/terminal.ts';
import { certificateAnswer, createCertificate, newItemSupport } from './certificate.ts';
import { replayRace } from './replay-race.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';

const launch = { throughput: 100, latency: 10, memory: 2 ** 30 };

function setupOf(items: number, question = 'winner'): RaceSetup {
  return raceSetup(question, { items, anchors: { trivialAccuracy: 0, ...launch }, extraLaunches: 2 });
}

/** Two launches that are alike: answers alone decide. */
function entrant(model: string, scores: readonly number[], rest: Partial<Entrant> = {}): Entrant {
  const order = scores.map((_, index) => index);
  return { model, scores, order, launches: [launch, launch], latencies: [], brokenItems: 0, ...rest };
}

const facts = { seed: 1, clusters: undefined };

it('is the share of draws of items in which a model is ahead', () => {
  const support = newItemSupport([entrant('b', [0, 1]), entrant('a', [1, 1])], setupOf(2), facts);
  expect(support?.map(({ model }) => model)).toEqual(['a', 'b']);
  // Where the prior's unit is one that only b has right it may outweigh item 0.
  expect(support?.[0]?.share).toBeGreaterThan(0.8);
  expect(support?.[0]?.share).toBeLessThan(0.97);
  expect((support?.[0]?.share ?? 0) + (support?.[1]?.share ?? 0)).toBeCloseTo(1, 9);
});

it('draws items that depend on each other together', () => {
  const models = [entrant('a', [1, 1, 1, 1]), entrant('b', [0, 0, 1, 1])];
  const clusters = ['x', 'x', 'y', 'y'];
  const share = (own: typeof clusters | undefined): number =>
    newItemSupport(models, setupOf(4), { seed: 1, clusters: own })?.[0]?.share ?? 0;
  expect(share(clusters)).toBeLessThan(share(undefined) - 0.03);
});

it('pairs answers by item, whatever order each model had', () => {
  const plain = [entrant('a', [1, 0, 1, 1, 0]), entrant('b', [0, 0, 1, 1, 1])];
  const shuffled = [
    entrant('a', [0, 1, 1, 0, 1], { order: [4, 3, 2, 1, 0] }),
    entrant('b', [1, 0, 1, 0, 1], { order: [2, 0, 3, 1, 4] }),
  ];
  const expected = newItemSupport(plain, setupOf(5), facts);
  expect(newItemSupport(shuffled, setupOf(5), facts)).toEqual(expected);
});

it('says nothing of models that were stopped early, or of a question without a score', () => {
  const stopped = entrant('b', [1, 1]);
  expect(newItemSupport([entrant('a', [1, 0, 1]), stopped], setupOf(3), facts)).toBeUndefined();
  const both = [entrant('a', [1, 0, 1]), entrant('b', [0, 1, 1])];
  expect(newItemSupport(both, setupOf(3, 'cheapest with accuracy >= 0.5'), facts)).toBeUndefined();
  expect(newItemSupport([...both, stopped], setupOf(3), facts)).toHaveLength(2);
});

it('counts the noise between launches: of one launch nobody knows it', () => {
  const alike = [1, 1, 0, 1];
  const once = { launches: [launch] };
  const fast = { launches: [{ ...launch, throughput: 103 }] };
  const support = newItemSupport([entrant('a', alike, fast), entrant('b', alike, once)], setupOf(4), facts);
  expect(support?.[0]?.model).toBe('a');
  // 3 % faster, where launches may differ by 20 %: hardly ahead.
  expect(support?.[0]?.share).toBeGreaterThan(0.5);
  expect(support?.[0]?.share).toBeLessThan(0.65);
});

it('claims nothing of models that could not be judged', () => {
  const broken = (model: string, change: Partial<Entrant> = {}): Entrant => ({
    ...entrant(model, [1, 1], { launches: [], failure: 'it crashed' }),
    ...change,
  });
  const certify = (entrants: readonly Entrant[]) => {
    const setup = setupOf(2, 'cheapest with accuracy >= 0.5');
    const own = { taskId: 'toy', questionSha256: 'x', score: null, seed: 1, launchesOfFull: 1 };
    return createCertificate(replayRace(entrants, setup), entrants, setup, own);
  };
  const none = certify([broken('a'), broken('b')]);
  const text = terminalText(certificateBlocks(none));
  expect(text).toMatch(/^Cheapest with accuracy >= 0.5 \(toy\): not decided\n {2}no model could be judged\n/);
  expect(certificateAnswer(none, { candidates: [] } as unknown as Answer)).toMatchObject({
    kind: 'unknown',
    missing: [
      { model: 'a', reasons: ['it crashed'] },
      { model: 'b', reasons: ['it crashed'] },
    ],
  });
  const alike = Array.from({ length: 7 }, () => launch);
  const one = certify([broken('a'), entrant('b', [1, 1], { launches: alike })]);
  expect(terminalText(certificateBlocks(one))).toContain(
    'evaluating every model that could be judged (not a) on all 2 items would name the same model',
  );
});

describe('launches that differ by more than was assumed', () => {
  /** Launches of a model that are faster and slower in turns, by so much. */
  function uneven(model: string, accuracy: number, by: number): SimulatedModel {
    const scores = Array.from({ length: 400 }, (_, index) =>
      Number(Math.floor((index + 1) * accuracy) > Math.floor(index * accuracy)),
    );
    const speed = (at: number): number => (at === 0 ? 1 : at % 2 === 0 ? 1 + by : 1 / (1 + by));
    return {
      model,
      activeBytes: 1,
      scores,
      launch: (at) => ({ throughput: 100 * speed(at), latency: 10 / speed(at), memory: 2 ** 30 }),
    };
  }
  const raced = (by: number) => {
    const setup = setupOf(400);
    const { standing, entrants } = driveRace([uneven('good', 0.9, by), uneven('weak', 0.5, by)], setup);
    const own = { taskId: 'toy/letters@1', questionSha256: 'x', score: 'PER-A/toy', seed: 1, launchesOfFull: 3 };
    return createCertificate(standing, entrants, setup, own);
  };

  it('withdraw the certificate, say by how much, and what may be wrong', () => {
    const certificate = raced(0.2);
    expect(certificate).toMatchObject({ version: 'race/2', outcome: 'withdrawn', named: [] });
    expect(certificate.spread).toMatchObject({ assumed: 0.06, degrees: 6, isLarger: true, inDoubt: ['weak'] });
    expect(certificate.models[0]?.reason).toBe('not ruled out');
    const text = terminalText(certificateBlocks(certificate));
    expect(text).toMatch(
      /^Winner \(PER-A\/toy, toy\/letters@1\): withdrawn\n {2}launches of this machine differ by 1\d %, more than the 6 % assumed: weak can't be ruled out\n {2}run the race again: the next race on this machine takes these launches into account\n/,
    );
    expect(text).not.toContain('certificate:');
    const answer = certificateAnswer(certificate, { candidates: [] } as unknown as Answer);
    expect(answer.kind).toBe('unknown');
    expect(answerHeadline(answer)).toBe(
      'Not measured well enough to say; needed: the same race again, which takes the launches of this one into account.',
    );
  });

  it('let it stand where they differ as was assumed', () => {
    const certificate = raced(0.03);
    expect(certificate).toMatchObject({ outcome: 'winner', named: ['good'], spread: { isLarger: false, inDoubt: [] } });
    expect(terminalText(certificateBlocks(certificate))).toMatch(
      /launches of this machine differ by [\d.]+ %; bounds allow for the 6 % assumed\n/,
    );
  });

  it('let it stand where wider bounds come to the same', () => {
    const setup = setupOf(400);
    // So slow that nothing of its launches matters.
    const slow = { ...uneven('slow', 0.5, 0.2), launch: () => ({ throughput: 1, latency: 1000, memory: 2 ** 30 }) };
    const { standing } = driveRace([uneven('good', 0.9, 0.2), slow], setup);
    expect(standing).toMatchObject({ named: ['good'], spread: { isLarger: true, inDoubt: [] } });
  });
});
