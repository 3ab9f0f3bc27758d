import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thoughtShapes } from '../../core/thought-shapes.ts';
import { TextStream } from './text-stream.ts';
import { TokenCount } from './token-count.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('TextStream', () => {
  it('stops at a stop string that spans tokens', () => {
    const stream = new TextStream(['Question:']);
    expect(['The answer. Que', 'stion', ': again'].map((piece) => stream.push(bytesOf(piece)))).toEqual([
      false,
      false,
      true,
    ]);
    expect(stream.text).toBe('The answer. ');
  });

  it('cuts before the first of several', () => {
    const stream = new TextStream(['c', 'bc', 'zz', '']);
    expect(stream.push(bytesOf('abcd'))).toBe(true);
    expect(stream.text).toBe('a');
  });

  it('holds back a character until its last byte', () => {
    const stream = new TextStream(['🏔']);
    const [first, second, third, fourth] = bytesOf('🏔');
    stream.push(bytesOf('up '));
    for (const byte of [first, second, third]) stream.push(Uint8Array.of(byte ?? 0));
    expect(stream.text).toBe('up ');
    expect(stream.push(Uint8Array.of(fourth ?? 0))).toBe(true);
    expect(stream.text).toBe('up ');
  });

  it('gives the same however the bytes are cut into tokens', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.string({ minLength: 1, maxLength: 3 })),
        fc.nat({ max: 7 }),
        (whole, stop, size) => {
          const stream = new TextStream(stop);
          const bytes = bytesOf(whole);
          for (let at = 0; at < bytes.length && !stream.isStopped; at += size + 1) {
            stream.push(bytes.subarray(at, at + size + 1));
          }
          const cuts = stop.map((each) => whole.indexOf(each)).filter((at) => at !== -1);
          // With several stop strings, the one that is complete first ends the text.
          const ends = stop.flatMap((each) => (whole.includes(each) ? [whole.indexOf(each) + each.length] : []));
          const isRight =
            cuts.length === 0
              ? stream.text === whole && !stream.isStopped
              : stream.isStopped && whole.startsWith(stream.text) && stream.text.length <= Math.min(...ends);
          expect(isRight).toBe(true);
        },
      ),
    );
  });
});

describe('TextStream with thoughts', () => {
  const [think] = thoughtShapes;

  it('stops at no stop string in thoughts, nor in the white space behind them', () => {
    const stream = new TextStream(['\n', '4'], { mayThink: true });
    expect(
      ['\n', '<think>', '4\n', '</think>', '\n\n', 'It is', ' 4', '!'].map((each) => stream.push(bytesOf(each))),
    ).toEqual([false, false, false, false, false, false, true, true]);
    expect(stream.end()).toEqual({ thoughts: '4', answer: 'It is ', isOpen: false });
  });

  it('stops at once in the text of a model that is not to think', () => {
    const stream = new TextStream(['\n', '<']);
    expect(stream.push(bytesOf(' \n'))).toBe(true);
    expect(new TextStream(['<']).push(bytesOf('a <'))).toBe(true);
  });

  it('knows the block that is open, and characters that are not whole', () => {
    const stream = new TextStream([], { startsInside: think });
    const [first, ...rest] = bytesOf('七');
    stream.push(Uint8Array.of(first ?? 0));
    expect([stream.openShape, stream.isThinking, stream.isWholeCharacter]).toEqual([think, true, false]);
    stream.push(Uint8Array.from(rest));
    expect(stream.isWholeCharacter).toBe(true);
    stream.add(think?.forcedClose ?? '');
    stream.push(bytesOf('4'));
    expect([stream.openShape, stream.isThinking]).toEqual([undefined, false]);
    expect(stream.end()).toEqual({ thoughts: '七', answer: '4', isOpen: false });
  });
});

describe('TokenCount', () => {
  const unclear = { isThinking: false, isUnclear: true, openShape: undefined };
  const inside = { isThinking: true, isUnclear: false, openShape: thoughtShapes[0] };
  const behind = { isThinking: true, isUnclear: false, openShape: undefined };
  const answer = { isThinking: false, isUnclear: false, openShape: undefined };

  it('counts thoughts against their budget, and the rest against the limit of the answer', () => {
    const count = new TokenCount(4);
    for (const each of [unclear, inside, behind, answer, answer]) count.add(each);
    expect(count).toMatchObject({ output: 5, thinking: 3, answer: 2, limited: 2, isBudgetUsed: false });
    count.add(inside);
    expect(count.isBudgetUsed).toBe(true);
  });

  it('counts what thinks again after it was closed by force against the answer', () => {
    const count = new TokenCount(1);
    count.add(inside);
    expect(count.isBudgetUsed).toBe(true);
    count.isForced = true;
    for (const each of [behind, inside, inside]) count.add(each);
    expect(count).toMatchObject({ thinking: 3, answer: 1, limited: 3, isBudgetUsed: false });
  });

  it('counts all against the answer where there is no budget', () => {
    const count = new TokenCount(0);
    for (const each of [inside, answer]) count.add(each);
    expect(count).toMatchObject({ thinking: 1, limited: 2, isBudgetUsed: false });
  });
});
