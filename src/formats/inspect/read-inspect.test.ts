import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fixture, foreignFile, importProblem, textOf } from '../../../test/setup/foreign-files.ts';
import { makeZip, type ZipMember } from '../../../test/setup/make-zip.ts';
import type { ForeignFile, Imported } from '../format.ts';
import { acceptsInspect, readInspect } from './read-inspect.ts';

function read(files: readonly ForeignFile[]): Imported {
  expect(files.filter((given) => !acceptsInspect(given))).toEqual([]);
  return readInspect(files, {});
}

const log = fixture('2026-11-24T21-42-17-00-00_toy.json');
const { samples: logSamples, ...logHeader } = JSON.parse(textOf(log)) as { samples: { id: string }[]; status: string };

/** The log as an archive, each member packed by one method. */
function archive(
  method: 'stored' | 'deflate' | 'zstd',
  change: (members: ZipMember[]) => ZipMember[] = (same) => same,
): ForeignFile {
  const members = [
    ...logSamples.map((sample) => ({
      name: `samples/${sample.id}_epoch_1.json`,
      content: Buffer.from(JSON.stringify(sample)),
    })),
    { name: 'header.json', content: Buffer.from(JSON.stringify(logHeader)) },
  ].map((member): ZipMember => {
    if (method !== 'zstd') return { ...member, isStored: method === 'stored' };
    return { ...member, packed: zstdCompressSync(member.content), method: 93 };
  });
  return foreignFile('toy.eval', makeZip(change(members)));
}

describe('Inspect', () => {
  it.each([
    ['.json', log],
    ['.eval, stored', archive('stored')],
    ['.eval, deflate', archive('deflate')],
    ['.eval, zstd', archive('zstd')],
  ])('reads what Inspect wrote: %s', async (_, given) => {
    const { tool, cells, notes } = read([given]);
    expect({ tool, notes }).toEqual({ tool: 'Inspect 0.3.285', notes: [] });
    expect(cells).toMatchObject([
      {
        model: 'mockllm/model',
        taskId: 'toy/inspect@2',
        items: 4,
        measurements: { accuracy: { status: 'published', value: 0.75, n: 4, interval: { method: 'wilson' } } },
      },
    ]);
    expect(
      cells[0]?.samples.map(({ itemId, score, output, outputTokens }) => [itemId, score, output, outputTokens]),
    ).toEqual([
      ['q/0', 1, '1', 1],
      ['q/1', 1, '2', 1],
      ['q/2', 0, '<b>no</b>', 1],
      ['q/3', 1, '4', 1],
    ]);
  });

  it('counts samples without a score', async () => {
    const samples = logSamples.map((sample, index) => (index === 0 ? { ...sample, scores: {} } : sample));
    const { cells, notes } = read([foreignFile('l.json', JSON.stringify({ ...logHeader, samples }))]);
    expect([cells[0]?.samples.length, notes]).toEqual([
      3,
      ['l.json: 1 of 4 samples have no score by match and were left out'],
    ]);
  });

  it.each([
    [
      'an evaluation that failed',
      foreignFile('l.json', JSON.stringify({ ...logHeader, status: 'error' })),
      'l.json: `status`: expected "success", got "error": an evaluation that did not end has no accuracy',
    ],
    [
      'a log without header',
      archive('stored', (members) => members.slice(0, 2)),
      'toy.eval: expected header.json in the archive: the evaluation did not finish, or this is not an Inspect log',
    ],
    [
      'an archive that is cut off',
      foreignFile('toy.eval', archive('deflate').bytes.subarray(0, 800)),
      'toy.eval: expected a zip archive: its directory is missing; the file is cut off',
    ],
    ['no archive at all', foreignFile('toy.eval', 'hello'), 'toy.eval: expected a zip archive: it is too short'],
    [
      'a wrong checksum',
      archive('deflate', (members) => members.map((member) => ({ ...member, crc: 1 }))),
      'toy.eval: expected a zip archive: the checksum of "header.json" is wrong',
    ],
    [
      'a method that nobody reads',
      archive('deflate', (members) => members.map((member) => ({ ...member, method: 14 }))),
      'toy.eval: expected a zip archive: "header.json" has compression method 14; stored, deflate and zstd are read',
    ],
    [
      'an encrypted archive',
      archive('deflate', (members) => members.map((member) => ({ ...member, flags: 1 }))),
      'toy.eval: expected a zip archive: "header.json" is encrypted',
    ],
    [
      'a sample that is none',
      archive('stored', (members) =>
        members.with(0, { name: 'samples/x.json', content: Buffer.from('[]'), isStored: true }),
      ),
      'toy.eval, samples/x.json: expected a sample of Inspect: expected object, received array',
    ],
    [
      'a metric of another range',
      foreignFile(
        'l.json',
        JSON.stringify({ ...logHeader, results: { scores: [{ name: 's', metrics: { mean: { value: 7 } } }] } }),
      ),
      'l.json: `results.scores`: expected a metric between 0 and 1; available: s/mean',
    ],
  ])('explains %s', async (_, given, expected) => {
    expect(importProblem(() => read([given]))).toBe(expected);
  });
});
