import { expect, it } from 'vitest';
import { openRaceText } from './certificate-document.ts';

it('says where a race stood when it was stopped', () => {
  const winner = { question: 'winner', score: 'PER-A/2026-1/cpu', taskId: 'arc_easy/lmeval@1' };
  const cheapest = { question: 'cheapest with accuracy >= 0.7', score: null, taskId: 'imdb/per@1' };
  const lines = [
    openRaceText(winner, { candidates: ['a', 'b', 'c'], delta: 0.0401 }),
    openRaceText(winner, { candidates: ['a', 'b'], delta: null }),
    openRaceText(cheapest, { candidates: ['a'], delta: null }),
  ];
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "Winner (PER-A/2026-1/cpu, arc_easy/lmeval@1): not decided yet, 3 candidates left: a, b, c; a is within 4 % of the winner
    Winner (PER-A/2026-1/cpu, arc_easy/lmeval@1): not decided yet, 2 candidates left: a, b
    Cheapest with accuracy >= 0.7 (imdb/per@1): not decided yet, 1 candidate left: a"
  `);
});
