import type { Measurement, Unit } from '../../src/core/measurement.ts';
import type { Report } from '../../src/present/report.ts';
import { createScoreboards } from '../../src/scoring/create-scoreboards.ts';

/** What a model may be called, or say, each with what is left of it where nothing may act or hide. */
export const hostileTexts: Readonly<Record<string, readonly [text: string, left: string]>> = {
  'a colour': ['x\u001B[31my', 'xy'],
  'a cursor move': ['x\u001B[2J\u001B[1;1Hy', 'xy'],
  'a title': ['x\u001B]0;title\u0007y', 'xy'],
  'a link': ['x\u001B]8;;https://example.invalid\u001B\\y', 'xy'],
  'a cut sequence': ['x\u001B[', 'x'],
  'eight-bit CSI': ['x\u009B31my', 'xy'],
  'eight-bit OSC': ['x\u009D0;title\u009Cy', 'xy'],
  'a bell and a null': ['x\u0007\u0000y', 'xy'],
  'a delete': ['x\u007Fy', 'xy'],
  'direction marks': ['x\u200E\u200F\u061Cy', 'xy'],
  'direction overrides': ['x\u202A\u202E\u2066\u2069y', 'xy'],
  'zero width': ['x\u200B\u200C\u200D\u2060y', 'xy'],
  'a byte order mark': ['x\uFEFFy', 'xy'],
  'annotation marks': ['x\uFFF9\uFFFBy', 'xy'],
  'a soft hyphen': ['x\u00ADy', 'xy'],
  'tag characters': ['x\u{E0041}\u{E007F}y', 'xy'],
  'variation selectors': ['x\uFE00\uFE0F\u{E0100}\u{E01EF}y', 'xy'],
  'a grapheme joiner and Mongolian separators': ['x\u034F\u180B\u180Ey', 'xy'],
  'shorthand and musical format characters': ['x\u{1BCA0}\u{1D173}y', 'xy'],
  'half a character': ['x\uD800y\uDC00', 'xy'],
  'no characters': ['x\uFFFE\uFFFF\u{1FFFE}y', 'xy'],
  'what joins emoji, without them': ['x\u200D👩\u200Dy1\uFE0F', 'x👩y1'],
};

/** What acts or hides; without what joins emoji. */
export const acts =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uD800-\uDFFF\uFEFF\uFFF0-\uFFFB\uFFFE\uFFFF\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{1FFFE}\u{E0000}-\u{E0FFF}]|\u034F|[\u180B-\u180F]|[\uFE00-\uFE0F]/u;

/** What stays of an escape sequence that lost its introducer alone. */
export const remnants = /\[31m|\[2J|\d31m|0;title|8;;/u;

const measured = (value: number, unit: Unit): Measurement => ({ status: 'measured', value, unit, n: 3, warnings: [] });

/** A report in which everything foreign is the same text. */
export function reportOf(text: string): Report {
  const cell = (model: string, state: 'done' | 'failed') => ({
    model,
    taskId: `${text}/per@1`,
    protocol: 'serving' as const,
    state,
    error: state === 'failed' ? { code: 'PB_ENGINE', message: text } : undefined,
    measurements: {
      accuracy: measured(0.5, 'ratio'),
      throughput: measured(1, 'items/s'),
      latency: measured(100, 'ms'),
      memory: measured(2 ** 30, 'bytes'),
      extra: { [text]: measured(1, 'ratio') },
    },
  });
  const cells = [cell(text, 'done'), cell('b', 'done'), cell(`${text}2`, 'failed')];
  const tasks = { [`${text}/per@1`]: { title: text, metric: text } };
  return { run: { id: text, name: text, host: text }, scoreboards: createScoreboards(cells, { tasks }), notes: [text] };
}
