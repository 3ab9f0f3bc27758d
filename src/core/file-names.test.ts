import { describe, expect, it } from 'vitest';
import { fileNames, ownPaths, safeFileName } from './file-names.ts';

describe('names of files', () => {
  it.each([
    ['a b/c', 'a_b_c'],
    ['..', '_'],
    ['', '_'],
    ['name.', 'name_'],
    ['con', '_con'],
    ['COM1.txt', '_COM1.txt'],
    ['console', 'console'],
    ['größe', 'größe'],
    ['../../etc/passwd', '__.._etc_passwd'],
    ['a\u0000\u202Eb', 'a_b'],
  ])('are safe on every system: %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it.each(['x'.repeat(500), '語'.repeat(500), '👩‍🚀'.repeat(100)])(
    'are short enough, and of whole characters (%#)',
    (name) => {
      const safe = safeFileName(name);
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(120);
      expect(safe.isWellFormed()).toBe(true);
    },
  );

  it.each([
    [['a b', 'a_b', 'a/b']],
    [['Model', 'model', 'MODEL']],
    [['x'.repeat(200), 'x'.repeat(201)]],
    [['ﬁ', 'fi']],
    [['con', '_con']],
  ])('are different ones for different names: %j', (names) => {
    const nameOf = fileNames();
    const given = names.map((name) => nameOf(name));
    expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names.map((name) => nameOf(name))).toEqual(given);
  });

  it('number paths that were there before', () => {
    const own = ownPaths();
    expect(['a/x.json', 'A/X.json', 'a/x.json', 'a/x', 'a/x', 'b/.hidden', 'b/.hidden'].map(own)).toEqual([
      'a/x.json',
      'A/X-2.json',
      'a/x-3.json',
      'a/x',
      'a/x-2',
      'b/.hidden',
      'b/.hidden-2',
    ]);
  });
});
