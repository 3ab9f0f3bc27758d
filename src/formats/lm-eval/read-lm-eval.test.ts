import { describe, expect, it } from 'vitest';
import { fixture, foreignFile, importProblem, textOf } from '../../../test/setup/foreign-files.ts';
import { loadTask } from '../../tasks/index.ts';
import type { ForeignFile, ImportOptions, Imported } from '../format.ts';
import { itemIdOf } from './read-samples.ts';
import { acceptsLmEval, readLmEval } from './read-lm-eval.ts';

function read(files: readonly ForeignFile[], options: ImportOptions = {}): Imported {
  expect(files.filter((given) => !acceptsLmEval(given))).toEqual([]);
  return readLmEval(files, options);
}

const stamp = '2026-11-24T21-40-55.112107';
const results = fixture(`org__dummy/results_${stamp}.json`);
const choices = fixture(`org__dummy/samples_toy_choice_${stamp}.jsonl`);
const words = fixture(`org__dummy/samples_toy_math_${stamp}.jsonl`);

describe('lm-eval', () => {
  it('reads what lm-eval wrote: filters as tasks, samples, and hashes that fit', async () => {
    const { tool, cells, notes, createdAtMs } = read([results, choices, words]);
    expect({ tool, notes, createdAtMs }).toEqual({ tool: 'lm-eval 0.4.13', notes: [], createdAtMs: 1_795_556_454_736 });
    expect(cells.map(({ model, taskId, items, samples }) => [model, taskId, items, samples.length])).toEqual([
      ['org/dummy', 'toy_choice/lmeval@1', 6, 6],
      ['org/dummy', 'toy_math/lmeval-strict-match@3', 5, 5],
      ['org/dummy', 'toy_math/lmeval-flexible-extract@3', 5, 5],
    ]);
    expect(cells[0]?.measurements).toMatchObject({
      accuracy: { status: 'published', value: 4 / 6, n: 6, interval: { method: 'wilson' } },
      extra: { acc_norm: { status: 'published', value: 4 / 6 } },
    });
    expect(cells[0]?.samples[0]).toMatchObject({
      itemId: 'q0',
      position: 0,
      prompt: '{"context":"Question: Which is a number, 0?\\nAnswer:","continuations":[" seven"," a tree"]}',
      output: '[-0.10905784593110368,-0.5512672460905512]',
      expected: '0',
      score: 1,
      metrics: { acc_norm: 1 },
      times: undefined,
      detail: { doc_hash: '3f74c1a99c55c3dc974506ca8615a3332ea116918b88258ce903eda0fa297a3d' },
    });
    expect(cells[1]?.samples[0]).toMatchObject({
      itemId: '00000-9b95507b',
      prompt: 'Question: What is 0 plus one?\nAnswer:',
      output: 'lol',
      answer: undefined,
      isUnparsed: true,
      score: 0,
    });
  });

  it("names items as perbench's own tasks do, so that samples can be set side by side", async () => {
    const gsm8k = { question: 'How many is one and one?', answer: 'It is two.\n#### 2' };
    const hellaswag = { query: 'Cooking: A man', choices: [' sits.', 'runs.', 'eats.', 'sleeps.'] };
    const arc = {
      id: 'Mercury_7',
      question: 'Which?',
      choices: [
        { label: 'A', text: 'x' },
        { label: 'B', text: 'y' },
      ],
      answerKey: 'A',
    };
    const ours = async (id: string, row: unknown): Promise<string> => {
      const task = await loadTask(id);
      return task.itemId(task.parse(row, 3));
    };
    expect(itemIdOf('gsm8k', 3, gsm8k)).toBe(await ours('gsm8k/per@2', gsm8k));
    expect(itemIdOf('arc_easy', 3, arc)).toBe(await ours('arc_easy/lmeval@1', arc));
    const endings = { query: hellaswag.query, endings: hellaswag.choices, label: 1 };
    expect(itemIdOf('hellaswag', 3, hellaswag)).toBe(await ours('hellaswag/per@1', endings));
  });

  it('tells when samples were changed after they were hashed', async () => {
    const changed = foreignFile(
      words.name,
      textOf(words).replaceAll('What is 0 plus', 'What is 7 plus').replaceAll('d332743288', 'aaaaaaaaaa'),
    );
    expect(read([results, changed]).notes).toEqual([
      `${words.name}: its rows are not those that ${results.name} was computed from (task_hashes differ)`,
      `${words.name}: 2 of 10 prompts don't match their hashes`,
    ]);
  });

  it('reads samples alone, and says what it had to assume', async () => {
    const { cells, notes } = read([choices]);
    expect(cells.map(({ model, taskId, measurements }) => [model, taskId, measurements.accuracy])).toMatchObject([
      ['org__dummy', 'toy_choice/lmeval@0', { value: 4 / 6, n: 6 }],
    ]);
    expect(notes).toEqual([`${choices.name}: has no results file; the model name "org__dummy" is that of its folder`]);
  });

  it('knows its files also with the keys in another order', () => {
    const content = JSON.parse(textOf(results)) as Record<string, unknown>;
    const sorted = Object.fromEntries(Object.entries(content).toSorted(([left], [right]) => (left < right ? -1 : 1)));
    expect(Object.keys(sorted)[0]).toBe('chat_template');
    expect(read([foreignFile('sorted.json', JSON.stringify(sorted))]).cells).toHaveLength(3);
  });

  it('takes another metric where one is named', async () => {
    const named = read([results], { metric: 'acc_norm' });
    expect(named.cells.map(({ taskId, measurements }) => [taskId, Object.keys(measurements.extra ?? {})])).toEqual([
      ['toy_choice/lmeval@1', ['acc']],
    ]);
    expect(named.notes).toEqual([
      `${results.name}: toy_math has no metric between 0 and 1 that could be its accuracy; left out`,
    ]);
  });

  it.each([
    ['gsm8k', 3, 5, ['gsm8k/lmeval5-strict@1', 'gsm8k/lmeval5-flexible@1']],
    ['gsm8k', 3, 8, ['gsm8k/lmeval5-strict-8shot@1', 'gsm8k/lmeval5-flexible-8shot@1']],
    ['gsm8k', 2, 5, ['gsm8k/lmeval-strict-match-5shot@2', 'gsm8k/lmeval-flexible-extract-5shot@2']],
    [
      'leaderboard_math',
      'N/A',
      0,
      ['leaderboard_math/lmeval-strict-match@0', 'leaderboard_math/lmeval-flexible-extract@0'],
    ],
  ])('%s %s with %s shots is %j', async (name, version, shots, expected) => {
    const content = {
      results: {
        [name]: {
          'exact_match,strict-match': 0.5,
          'exact_match,flexible-extract': 0.6,
          'exact_match_stderr,strict-match': 'N/A',
        },
      },
      versions: { [name]: version },
      'n-shot': { [name]: shots },
      model_name: 'm',
    };
    const { cells } = read([foreignFile('results.json', JSON.stringify(content))]);
    expect(cells.map(({ taskId }) => taskId)).toEqual(expected);
  });

  it('reads percent where lm-eval writes percent, NaN where Python does, and keeps the newest', async () => {
    const squad = (exact: number, date: number): string =>
      `{"results": {"squadv2": {"exact,none": ${exact}, "f1,none": 62.5, "best_f1,none": NaN}}, "versions": {"squadv2": 3}, "n-samples": {"squadv2": {"original": 11873, "effective": 100}}, "config": {"model": "hf", "model_args": "dtype=auto,pretrained=org/m"}, "date": ${date}}`;
    const { cells, notes } = read([foreignFile('b.json', squad(51, 2e9)), foreignFile('a.json', squad(50, 1e9))]);
    expect(cells).toMatchObject([
      {
        model: 'org/m',
        taskId: 'squad2/lmeval@1',
        from: 'b.json',
        measurements: { accuracy: { value: 0.51, n: 100 }, extra: { f1: { value: 0.625 } } },
      },
    ]);
    expect(Object.keys(cells[0]?.measurements.extra ?? {})).toEqual(['f1']);
    expect(notes).toEqual(['1 older results of the same model and task were left out']);
  });

  it.each([
    [
      'cut off',
      foreignFile('r.json', textOf(results).slice(0, 300)),
      expect.stringMatching(/^r\.json: expected JSON: /),
    ],
    [
      'no metric',
      foreignFile('r.json', '{"results": {"a": {"alias": "a"}}}'),
      'r.json: `results`: expected a metric between 0 and 1; available: none',
    ],
    [
      'metrics of another kind',
      foreignFile('r.json', '{"results": {"a": {"word_perplexity,none": 12.5}}}'),
      'r.json: `results`: expected a metric between 0 and 1; available: word_perplexity,none',
    ],
    [
      'no model',
      foreignFile('r.json', '{"results": {"a": {"acc,none": 0.5}}}'),
      'r.json: `model_name`: expected the name of a model, here or in config.model_args',
    ],
    [
      'results that are numbers',
      foreignFile('r.json', '{"results": {"a": 1}}'),
      'r.json: `results.a`: expected results of lm-eval: expected record, received number',
    ],
    [
      'a row that is no row',
      foreignFile(choices.name, `${textOf(choices)}{"doc_id": "x", "resps": []}\n`),
      `${choices.name}:7: \`doc_id\`: expected a sample of lm-eval: expected number, received string`,
    ],
    [
      'a row that is cut off',
      foreignFile(choices.name, `${textOf(choices)}{"doc_id": 6, "re`),
      expect.stringMatching(new RegExp(`^${choices.name}:7: expected JSON: `)),
    ],
    [
      'another name',
      foreignFile('samples.jsonl', textOf(choices)),
      'samples.jsonl: expected a name such as samples_gsm8k_2026-11-24T16-30-12.000000.jsonl',
    ],
  ])('explains %s', async (_, given, expected) => {
    expect(importProblem(() => read([given]))).toEqual(expected);
  });
});
