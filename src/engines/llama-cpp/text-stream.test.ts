import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextStream } from './text-stream.ts';

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
