import { describe, expect, it } from 'vitest';
import { createOutput, type TextSink } from '../output.ts';
import { progressKind } from './create-progress.ts';
import { createJsonlProgress, createPlainProgress, createQuietProgress } from './line-progress.ts';
import {
  cellEnd,
  cellStart,
  exampleCell,
  passEnd,
  passProgress,
  passStart,
  runStart,
} from '../../../test/terminal/progress-events.ts';

const outlook = { lengths: { throughput: 20_000, latency: 20_000 }, speeds: [], timeLimitMs: undefined };

function collector(): TextSink & { readonly text: () => string } {
  let all = '';
  return {
    write: (text) => {
      all += text;
    },
    text: () => all,
  };
}

describe('progress in plain lines', () => {
  it('shows what a slow start says, now and then', () => {
    const sink = collector();
    let nowMs = 0;
    using progress = createPlainProgress({ sink, now: () => nowMs, outlook });
    progress.handle(runStart([exampleCell(0)]));
    progress.handle({ type: 'launch-start', model: 'model-0', launch: 0, launches: 3 });
    for (const line of ['loading shard 1', 'loading shard 2', 'loading shard 3']) {
      nowMs += 40_000;
      progress.handle({ type: 'launch-progress', model: 'model-0', launch: 0, line });
    }
    expect(sink.text()).toMatchInlineSnapshot(`
      "[0:00] run run: 1 cell
      [1:20] model-0: starting: loading shard 2
      "
    `);
  });

  it('tells of cells that others work on side by side as of one', () => {
    const sink = collector();
    using progress = createPlainProgress({ sink, now: () => 0, outlook });
    progress.handle(runStart([exampleCell(0), exampleCell(1)]));
    for (const position of [0, 1]) {
      progress.handle(cellStart(position));
      progress.handle(passStart(position, 'accuracy'));
    }
    for (const done of [60, 65, 85]) {
      progress.handle(passProgress(0, 'accuracy', { done, elapsedMs: 1000 }));
      progress.handle(passProgress(1, 'accuracy', { done: done - 40, elapsedMs: 1000 }));
    }
    const lines = sink.text().split('\n');
    expect(lines.flatMap((line) => /model-\d.* (\d+\/200)/.exec(line)?.[1] ?? [])).toEqual([
      '60/200',
      '20/200',
      '85/200',
      '45/200',
    ]);
  });

  it('says who keeps the machine busy, and how the wait ended', () => {
    const sink = collector();
    using progress = createPlainProgress({ sink, now: () => 0, outlook });
    progress.handle(runStart([exampleCell(0)]));
    const place = { cellId: 'run.0', pass: 'throughput', launch: 0 } as const;
    const busiest = [
      { name: 'ffmpeg', share: 0.48 },
      { name: 'make\u001B[2J', share: 0.104 },
    ];
    const wait = { type: 'wait-start', ...place, share: 0.6, limitMs: 60_000 } as const;
    progress.handle({ ...wait, busiest, canSkip: true });
    progress.handle({ ...wait, busiest: [], canSkip: false });
    for (const outcome of ['quiet', 'limit', 'skipped', 'stopped'] as const)
      progress.handle({ type: 'wait-end', ...place, outcome, waitedMs: 12_000 });
    expect(sink.text()).not.toContain('\u001B');
    expect(sink.text()).toMatchInlineSnapshot(`
      "[0:00] run run: 1 cell
      [0:00] other processes use 60 % of the CPU (ffmpeg 48 %, make 10 %): waiting up to 60 s for a quiet machine; press Enter to measure now
      [0:00] other processes use 60 % of the CPU: waiting up to 60 s for a quiet machine
      [0:00] the machine is quiet after 12 s
      [0:00] still busy after 12 s: measuring all the same, and waiting no more until it was quiet
      [0:00] measuring now, and waiting no more until the machine was quiet
      "
    `);
  });

  it('prints a line at the start, at each tenth, and at the end', () => {
    const sink = collector();
    let nowMs = 0;
    using progress = createPlainProgress({ sink, now: () => nowMs, outlook });
    progress.handle(runStart([exampleCell(0), exampleCell(1)]));
    progress.handle(cellStart(0));
    progress.handle(passStart(0, 'accuracy'));
    for (let done = 0; done <= 200; done += 5) {
      nowMs = done * 100;
      progress.handle(
        passProgress(0, 'accuracy', { done, elapsedMs: done * 100, scoreSum: done / 2, outputTokens: done * 9 }),
      );
    }
    progress.handle(passEnd(0, 'accuracy', 20_000));
    progress.handle(passStart(0, 'throughput'));
    nowMs = 90_000;
    progress.handle(passProgress(0, 'throughput', { done: 3, total: undefined, elapsedMs: 70_000, limitMs: 80_000 }));
    progress.handle(cellEnd(0));
    progress.handle(cellStart(1));
    progress.handle(passStart(1, 'accuracy'));
    progress.handle(cellEnd(1, 'failed'));
    progress.handle({ type: 'run-end', runId: 'run', status: 'finished', failedCells: 1 });
    expect(sink.text()).toMatchInlineSnapshot(`
      "[0:00] run run: 2 cells
      [0:00] model-0 / gsm8k/per@1: start (1 of 2, 200 items)
      [0:02] model-0 / gsm8k/per@1: 20/200, 10 of 20 right, 10.0 items/s, 1-3 min left in total
      [0:04] model-0 / gsm8k/per@1: 40/200, accuracy 50.0 (35.2-64.8) %, 10.0 items/s, 1-2 min left in total
      [0:06] model-0 / gsm8k/per@1: 60/200, accuracy 50.0 (37.7-62.3) %, 10.0 items/s, 1-2 min left in total
      [0:08] model-0 / gsm8k/per@1: 80/200, accuracy 50.0 (39.3-60.7) %, 10.0 items/s, 1-2 min left in total
      [0:10] model-0 / gsm8k/per@1: 100/200, accuracy 50.0 (40.4-59.6) %, 10.0 items/s, 1-2 min left in total
      [0:12] model-0 / gsm8k/per@1: 120/200, accuracy 50.0 (41.2-58.8) %, 10.0 items/s, 1-2 min left in total
      [0:14] model-0 / gsm8k/per@1: 140/200, accuracy 50.0 (41.8-58.2) %, 10.0 items/s, 1-2 min left in total
      [0:16] model-0 / gsm8k/per@1: 160/200, accuracy 50.0 (42.3-57.7) %, 10.0 items/s, 1-2 min left in total
      [0:18] model-0 / gsm8k/per@1: 180/200, accuracy 50.0 (42.8-57.2) %, 10.0 items/s, 1-2 min left in total
      [1:30] model-0 / gsm8k/per@1: throughput, launch 1 of 1, 1-2 min left in total
      [1:30] model-0 / gsm8k/per@1: done, accuracy 50.0 (43.1-56.9) %
      [1:30] model-1 / gsm8k/per@1: start (2 of 2, 200 items)
      [1:30] failed: model-1 / gsm8k/per@1: the engine ended. Look at the log.
      [1:30] run run: finished, 1 failed
      "
    `);
    expect(sink.text()).not.toContain('\u001B');
    expect(progress.framesDrawn()).toBe(sink.text().split('\n').length - 1);
  });
});

describe('what models are asked and answer first', () => {
  const answer = {
    type: 'first-answer',
    cellId: 'run.0',
    itemId: '7',
    input: 'My invoice\u001B[2J is wrong',
    output: 'Billing.',
    answer: 'billing',
    expected: 'billing',
    score: 1,
    cut: undefined,
  } as const;
  const prompt = {
    type: 'first-prompt',
    cellId: 'run.0',
    form: 'rendered',
    text: 'Sort\u001B[2J\n  my ticket:',
  } as const;

  it('is shown in lines, with what was read', () => {
    const sink = collector();
    using progress = createPlainProgress({ sink, now: () => 0, outlook });
    progress.handle(runStart([exampleCell(0)]));
    progress.handle(prompt);
    progress.handle({ ...prompt, form: 'messages', text: '[]' });
    progress.handle(answer);
    progress.handle({ ...answer, output: 'Refund', answer: 'other', score: 0 });
    progress.handle({ ...answer, output: 'It is about', score: 0.5 });
    progress.handle({ ...answer, output: 'Well, it depends', answer: undefined, score: 0 });
    progress.handle({ ...answer, output: '', answer: undefined, score: 0, cut: 'budget_cut' });
    progress.handle({ ...answer, output: '', answer: undefined, score: 0, cut: 'content_filter' });
    expect(sink.text()).not.toContain('\u001B');
    expect(sink.text()).toMatchInlineSnapshot(`
      "[0:00] run run: 1 cell
      [0:00] model-0 / gsm8k/per@1: first prompt, as its chat template renders it:
      [0:00]   | Sort
      [0:00]   |   my ticket:
      [0:00] model-0 / gsm8k/per@1: first prompt, as messages: the server applies its template:
      [0:00]   | []
      [0:00] model-0 / gsm8k/per@1: My invoice is wrong → "Billing." read as billing ✓ (expected billing)
      [0:00] model-0 / gsm8k/per@1: My invoice is wrong → "Refund" read as other ✗ (expected billing)
      [0:00] model-0 / gsm8k/per@1: My invoice is wrong → "It is about" read as billing with a score of 0.50 (expected billing)
      [0:00] model-0 / gsm8k/per@1: My invoice is wrong → "Well, it depends" could not be read (expected billing)
      [0:00] model-0 / gsm8k/per@1: My invoice is wrong → "" no answer: the output ended while the model was thinking (expected billing)
      [0:00] model-0 / gsm8k/per@1: My invoice is wrong → "" no answer: the server's content filter held it back (expected billing)
      "
    `);
  });

  it('leaves out the answers where only what must not be overlooked is said', () => {
    const sink = collector();
    using progress = createQuietProgress(sink);
    progress.handle(runStart([exampleCell(0)]));
    progress.handle(answer);
    progress.handle(prompt);
    expect(sink.text()).toMatchInlineSnapshot(`
      "model-0 / gsm8k/per@1: first prompt, as its chat template renders it:
        | Sort
        |   my ticket:
      "
    `);
  });
});

describe('what a line says of the items so far', () => {
  it('counts tokens until there is an answer, and right answers while they are few', () => {
    const sink = collector();
    let nowMs = 0;
    using progress = createPlainProgress({ sink, now: () => nowMs, outlook });
    progress.handle(runStart([exampleCell(0, { items: 100 })]));
    progress.handle(cellStart(0));
    progress.handle(passStart(0, 'accuracy'));
    nowMs = 61_000;
    const inFlight = { requests: 16, tokens: { prompt: 7200, output: 11 } };
    progress.handle(passProgress(0, 'accuracy', { total: 100, elapsedMs: 61_000, inFlight }));
    nowMs = 80_000;
    progress.handle(passProgress(0, 'accuracy', { done: 10, total: 100, elapsedMs: 80_000, scoreSum: 9.5 }));
    progress.handle(passProgress(0, 'accuracy', { done: 20, total: 100, elapsedMs: 80_000, scoreSum: 18 }));
    expect(sink.text()).toMatchInlineSnapshot(`
      "[0:00] run run: 1 cell
      [0:00] model-0 / gsm8k/per@1: start (1 of 1, 100 items)
      [1:01] model-0 / gsm8k/per@1: 0/100, 7,211 tokens so far
      [1:20] model-0 / gsm8k/per@1: 10/100, 9.5 of 10 right, 0.53 items/s, 9-17 min left in total
      [1:20] model-0 / gsm8k/per@1: 20/100, 18 of 20 right, 1.05 items/s, 5-7 min left in total
      "
    `);
  });
});

describe('progress as JSON lines', () => {
  it('passes every event on, and the progress of a pass once a second', () => {
    const stdout = collector();
    const output = createOutput({
      stdout,
      stderr: collector(),
      isJson: true,
      isQuiet: false,
      verbosity: 0,
      hasColor: false,
    });
    let nowMs = 0;
    using progress = createJsonlProgress(output, () => nowMs);
    progress.handle(runStart([exampleCell(0)]));
    progress.handle(passStart(0, 'accuracy'));
    for (nowMs = 0; nowMs < 3000; nowMs += 250) progress.handle(passProgress(0, 'accuracy', { done: nowMs }));
    progress.handle(cellEnd(0));
    const events = stdout
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly event: string }).event);
    expect(events).toEqual(['run-start', 'pass-start', 'pass-progress', 'pass-progress', 'pass-progress', 'cell-end']);
  });
});

describe('quiet progress', () => {
  it('says only what must not be overlooked', () => {
    const sink = collector();
    using progress = createQuietProgress(sink);
    progress.handle(runStart([exampleCell(0)]));
    progress.handle(passStart(0, 'accuracy'));
    progress.handle({ type: 'warning', message: 'the machine is busy' });
    progress.handle({ type: 'sample-error', cellId: 'run.0', itemId: 'gsm8k-7', message: 'prompt too long' });
    progress.handle(cellEnd(0, 'failed'));
    expect(sink.text()).toMatchInlineSnapshot(`
      "warning: the machine is busy
      warning: model-0 / gsm8k/per@1: item gsm8k-7: prompt too long
      failed: model-0 / gsm8k/per@1: the engine ended. Look at the log.
      "
    `);
  });
});

describe('items that fail', () => {
  const failing = (count: number, ended: 'done' | 'failed'): string => {
    const sink = collector();
    using progress = createQuietProgress(sink);
    progress.handle(runStart([exampleCell(0)]));
    for (let item = 0; item < count; item += 1)
      progress.handle({ type: 'sample-error', cellId: 'run.0', itemId: `i${item}`, message: 'threw' });
    progress.handle(cellEnd(0, ended));
    return sink.text();
  };

  it('are told of three times, then counted', () => {
    const text = failing(1503, 'done');
    expect(text.match(/item i\d: threw/g)).toHaveLength(3);
    expect(text).toMatch(/warning: model-0 \/ gsm8k\/per@1: 1,500 more items failed\n$/);
    expect(failing(4, 'failed')).toMatch(/the engine ended; 1 more item failed\. Look at the log\.\n$/);
    expect(failing(3, 'done')).not.toContain('more');
  });
});

describe('choosing the display', () => {
  const flags = { progress: true };
  it.each([
    ['a terminal', flags, true, {}, 'tty'],
    ['a pipe', flags, false, {}, 'plain'],
    ['a terminal in CI', flags, true, { CI: 'true' }, 'plain'],
    ['CI=0', flags, true, { CI: '0' }, 'tty'],
    ['a dumb terminal', flags, true, { TERM: 'dumb' }, 'plain'],
    ['--no-progress', { progress: false }, true, {}, 'plain'],
    ['--quiet', { ...flags, quiet: true }, true, {}, 'quiet'],
    ['--json', { ...flags, json: true, quiet: true }, true, {}, 'jsonl'],
  ] as const)('%s', (_, chosen, isTerminal, environment, kind) => {
    expect(progressKind(chosen, isTerminal, environment)).toBe(kind);
  });
});
