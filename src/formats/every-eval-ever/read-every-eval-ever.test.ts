import { describe, expect, it } from 'vitest';
import { fixture, foreignFile, importProblem, textOf } from '../../../test/setup/foreign-files.ts';
import type { ForeignFile, ImportOptions, Imported } from '../format.ts';
import { acceptsEveryEvalEver, readEveryEvalEver } from './read-every-eval-ever.ts';

function read(files: readonly ForeignFile[], options: ImportOptions = {}): Imported {
  expect(files.filter((given) => !acceptsEveryEvalEver(given))).toEqual([]);
  return readEveryEvalEver(files, options);
}

const record = fixture('every-eval-ever.json');
const instances = fixture('every-eval-ever_samples.jsonl');

describe('Every Eval Ever', () => {
  it('reads what its converter wrote: one accuracy, other metrics beside it, samples of that metric', async () => {
    const { tool, cells, notes } = read([record, instances]);
    expect({ tool, notes }).toEqual({ tool: 'lm_eval 0.4.13', notes: [] });
    expect(cells).toMatchObject([
      {
        model: 'org/dummy',
        taskId: 'toy_choice/eee@0',
        items: 6,
        measurements: { accuracy: { status: 'published', value: 4 / 6, n: 6 }, extra: { acc_norm: { value: 4 / 6 } } },
      },
    ]);
    expect(cells[0]?.samples.map(({ itemId }) => itemId)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(cells[0]?.samples[0]).toMatchObject({
      output: 'seven',
      answer: 'seven',
      score: 1,
      prompt: 'Question: Which is a number, 0?\nAnswer:',
    });
  });

  it('brings other ranges to a share, and leaves out what is none', async () => {
    const changed = (score: number, metric: object): ForeignFile => {
      const content = JSON.parse(textOf(record)) as {
        evaluation_results: { score_details: object; metric_config: object }[];
      };
      const [first] = content.evaluation_results;
      const result = {
        ...first,
        score_details: { score, uncertainty: { confidence_interval: { lower: score - 5, upper: score + 5 } } },
        metric_config: { lower_is_better: false, metric_name: 'acc', ...metric },
      };
      return foreignFile('e.json', JSON.stringify({ ...content, evaluation_results: [result] }));
    };
    const percent = read([changed(75, { min_score: 0, max_score: 100 })]);
    expect(percent.cells[0]?.measurements.accuracy).toMatchObject({
      value: 0.75,
      interval: { low: 0.7, high: 0.8, method: 'as published' },
    });
    for (const metric of [{ max_score: 'Infinity' }, { lower_is_better: true, max_score: 100 }, {}]) {
      const { cells, notes } = read([changed(75, metric)]);
      expect([cells, notes]).toEqual([
        [],
        ['e.json: toy_choice has no metric that is a share of correct answers (acc 75); left out'],
      ]);
    }
  });

  it.each([
    ['samples alone', [instances], `${instances.name}: expected the aggregate record of these samples`],
    [
      'a record without results',
      [
        foreignFile(
          'e.json',
          '{"schema_version": "0.3.0", "evaluation_id": "x", "model_info": {"name": "m", "id": "m"}, "evaluation_results": []}',
        ),
      ],
      'e.json: `evaluation_results`: expected a record of Every Eval Ever: expected array to have >=1 items',
    ],
    [
      'a sample without input',
      [
        record,
        foreignFile(
          instances.name,
          `${textOf(instances)}{"evaluation_id": "x", "evaluation_name": "y", "sample_id": "1"}\n`,
        ),
      ],
      `${instances.name}:13: \`input\`: expected a sample of Every Eval Ever: expected object, received undefined`,
    ],
  ])('explains %s', async (_, files, expected) => {
    expect(importProblem(() => read(files))).toBe(expected);
  });
});
