import { describe, expect, it } from 'vitest';
import { readOne, utf16, valuesOf } from '../../../test/setup/read-own-table.ts';
import { DataError } from '../../core/errors.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { decodeText } from './decode-text.ts';

const two = [
  { text: 'Où est ma facture?', label: 'billing' },
  { text: 'Käse „alt“ — 5 €', label: 'bug' },
];
const twoCsv = 'text,label\nOù est ma facture?,billing\nKäse „alt“ — 5 €,bug\n';

function windows1252(text: string): Buffer {
  const own: Readonly<Record<string, number>> = { '€': 0x80, '„': 0x84, '“': 0x93, '—': 0x97 };
  return Buffer.from(Array.from(text, (character) => own[character] ?? character.charCodeAt(0)));
}

it('names a pointer of Git LFS, which is text as well', () => {
  const pointer = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\n');
  expect(() => decodeText(pointer, 'a.csv')).toThrow(/^a\.csv: a pointer of Git LFS, not the file$/u);
});

describe('encodings', () => {
  const wide = 'read as UTF-16';
  it.each<[what: string, content: Buffer, note: string | undefined]>([
    ['UTF-8', Buffer.from(twoCsv), undefined],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${twoCsv}`), undefined],
    ['UTF-16LE with a mark', utf16(twoCsv, false, true), `${wide} (little-endian), as its byte order mark says`],
    ['UTF-16BE with a mark', utf16(twoCsv, true, true), `${wide} (big-endian), as its byte order mark says`],
    ['UTF-16LE', utf16(twoCsv, false, false), `${wide} (little-endian), since every other byte is mostly zero`],
    ['UTF-16BE', utf16(twoCsv, true, false), `${wide} (big-endian), since every other byte is mostly zero`],
    ['Windows-1252', windows1252(twoCsv), 'read as Windows-1252, since it is not UTF-8; set encoding if that is wrong'],
  ])('%s', async (_what, content, note) => {
    const table = await readOne(content);
    expect(valuesOf(table)).toEqual(two);
    expect(table.columns).toEqual(['text', 'label']);
    expect(table.notes).toEqual(note === undefined ? [] : [`tickets.csv: ${note}`]);
    expect(table.warnings).toEqual([]);
  });

  it('a given encoding wins, and its byte order mark goes', async () => {
    const plain = await readOne(Buffer.from('text,label\nKäse,bug\n'), 'a.csv', { encoding: 'windows-1252' });
    expect(valuesOf(plain)).toEqual([{ text: 'KÃ¤se', label: 'bug' }]);
    expect(plain.notes).toEqual(['a.csv: read as Windows-1252, as set']);
    const wideText = await readOne(utf16(twoCsv, true, true), 'a.csv', { encoding: 'utf-16be' });
    expect(valuesOf(wideText)).toEqual(two);
  });

  it.each<[what: string, content: Buffer, encoding: DataSource['encoding'], message: string]>([
    [
      'UTF-8 with one damaged line',
      Buffer.concat([Buffer.from('text,label\nKäse,bug\n'), Buffer.from([0x61, 0xe4, 0x2c, 0x62, 0x0a])]),
      undefined,
      'a.csv:3: not valid UTF-8, though the rest of the file is',
    ],
    [
      'not UTF-8, as given',
      windows1252('a,b\n1,ä\n'),
      'utf-8',
      'a.csv:2: a byte is not valid UTF-8, the given encoding',
    ],
    ['CR alone', windows1252('a,b\r1,2\r3,ä\r'), 'utf-8', 'a.csv:3: a byte is not valid UTF-8'],
    [
      'a byte without a character',
      Buffer.from([0x61, 0x0a, 0xe4, 0x62, 0x0a, 0x81, 0x62]),
      undefined,
      'a.csv:3: byte 0x81 is not valid Windows-1252',
    ],
    [
      'UTF-16 that is cut off',
      utf16('a,b\nc,d\n', false, true).subarray(0, -1),
      undefined,
      'a.csv:2: an odd number of bytes is not valid UTF-16 (little-endian)',
    ],
    [
      'half a character',
      Buffer.concat([utf16('a,b\n1,', false, true), Buffer.from([0x00, 0xd8, 0x0a, 0x00])]),
      undefined,
      'a.csv:2: half a surrogate pair is not valid UTF-16 (little-endian)',
    ],
    [
      'a zero byte',
      Buffer.from('a,b\nlong text without end,d\ne,\0\n'),
      undefined,
      'a.csv:3: holds a zero byte, so it is no text',
    ],
  ])('%s is an error with its line', async (_what, content, encoding, message) => {
    const reading = readOne(content, 'a.csv', { encoding });
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(message);
  });

  it('what an earlier conversion lost is a warning with its lines', async () => {
    const { warnings } = await readOne('text,label\nK\uFFFDse \uFFFD,bug\nok,bug\n\uFFFD,bug\n');
    expect(warnings).toEqual([
      'tickets.csv:2 and 4: holds the replacement character U+FFFD: an earlier conversion has lost characters there',
    ]);
  });
});
