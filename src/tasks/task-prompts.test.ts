import { describe, expect, it } from 'vitest';
import { arc, gsm8k, hellaswag, imdb, itemOf, squad } from '../../test/golden/task-records.ts';

async function questionOf(name: string, record: unknown, examples: readonly unknown[] = []): Promise<unknown> {
  const { task, item } = await itemOf(name, record);
  return task.question(
    item,
    examples.map((example) => task.parse(example, 0)),
  );
}

describe('prompts of the PER protocols', () => {
  it('imdb/per@2', async () => {
    expect(await questionOf('imdb', imdb, [{ text: 'Bad.', label: 0 }])).toMatchInlineSnapshot(`
      {
        "isInputCut": false,
        "maxTokens": {
          "chat": 16,
          "plain": 5,
        },
        "prompt": {
          "chat": [
            {
              "content": "Review: Nice.
      Really.

      Is the sentiment of this film review positive or negative? Answer with one word.",
              "role": "user",
            },
          ],
          "plain": "Review: Bad.
      Sentiment: negative

      Review: Nice.
      Really.
      Sentiment:",
        },
        "stop": {
          "chat": [],
          "plain": [
            "
      ",
          ],
        },
      }
    `);
  });

  it('hellaswag/per@1', async () => {
    expect(await questionOf('hellaswag', hellaswag)).toMatchInlineSnapshot(`
      {
        "context": "Label: He",
        "continuations": [
          " runs.",
          "  walks on.",
          " sits.",
          " eats.",
        ],
      }
    `);
  });

  it('arc_easy/letters@2', async () => {
    expect(await questionOf('arc_easy', arc)).toMatchInlineSnapshot(`
      {
        "maxTokens": {
          "chat": 8,
          "plain": 1,
        },
        "prompt": {
          "chat": [
            {
              "content": "Question: Which?
      A. red
      B. blue
      C. green

      Answer with the letter of the right choice alone.",
              "role": "user",
            },
          ],
          "plain": "Question: Which?
      A. red
      B. blue
      C. green
      Answer:",
        },
        "stop": {
          "chat": [],
          "plain": [
            "
      ",
          ],
        },
      }
    `);
  });

  it('squad2/per@3', async () => {
    expect(await questionOf('squad2', squad)).toMatchInlineSnapshot(`
      {
        "maxTokens": {
          "chat": 32,
          "plain": 32,
        },
        "prompt": {
          "chat": [
            {
              "content": "Answer the question with the shortest possible span copied from the passage. If the passage does not answer it, write "unanswerable".

      Title: T

      Passage: C.

      Question: Q?",
              "role": "user",
            },
          ],
          "plain": "Answer the question with the shortest possible span copied from the passage. If the passage does not answer it, write "unanswerable".

      Title: T

      Passage: C.

      Question: Q?

      Answer:",
        },
        "stop": {
          "chat": [],
          "plain": [
            "
      ",
          ],
        },
      }
    `);
  });

  it('gsm8k/per@2: examples for base models alone', async () => {
    expect(await questionOf('gsm8k', gsm8k, [gsm8k])).toMatchInlineSnapshot(`
      {
        "maxTokens": {
          "chat": 1024,
          "plain": 512,
        },
        "prompt": {
          "chat": [
            {
              "content": "How many?

      Think step by step and show your calculation. Then write the final answer on the last line after "#### ".",
              "role": "user",
            },
          ],
          "plain": "Question: How many?
      Answer: It is 2+3 = 5.
      #### 1,005

      Question: How many?
      Answer:",
        },
        "stop": {
          "chat": [],
          "plain": [
            "Question:",
            "

      ",
          ],
        },
      }
    `);
  });

  it('gsm8k/per-1shot@2: examples are turns in a chat', async () => {
    const { prompt } = (await questionOf('gsm8k/per-1shot', gsm8k, [gsm8k])) as {
      prompt: { chat: { role: string }[] };
    };
    expect(prompt.chat.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });
});

describe('prompts of lm-eval', () => {
  it('gsm8k', async () => {
    expect(await questionOf('gsm8k/lmeval5-strict', gsm8k, [gsm8k])).toMatchObject({
      prompt: {
        plain: 'Question: How many?\nAnswer: It is 2+3 = <<2+3=5>>5.\n#### 1,005\n\nQuestion: How many?\nAnswer:',
      },
      maxTokens: { plain: 256, chat: 256 },
      stop: { plain: ['Question:', '</s>', '<|im_end|>'] },
    });
  });

  it('squadv2, with and without an answer', async () => {
    expect(await questionOf('squad2/lmeval', squad, [squad, { ...squad, answers: [] }])).toMatchObject({
      prompt: {
        plain:
          'Title: T\n\nBackground: C.\n\nQuestion: Q?\n\nAnswer: blue sky\n\n' +
          'Title: T\n\nBackground: C.\n\nQuestion: Q?\n\nAnswer: unanswerable\n\n' +
          'Title: T\n\nBackground: C.\n\nQuestion: Q?\n\nAnswer:',
      },
      stop: { plain: ['\n'] },
    });
  });

  it('arc_easy', async () => {
    expect(await questionOf('arc_easy/lmeval', arc, [arc])).toEqual({
      context: 'Question: Which?\nAnswer: blue\n\nQuestion: Which?\nAnswer:',
      continuations: [' red', ' blue', ' green'],
    });
  });

  it('hellaswag keeps the leading space of an ending', async () => {
    expect(await questionOf('hellaswag/lmeval', hellaswag, [hellaswag])).toEqual({
      context: 'Label: He  walks on.\n\nLabel: He',
      continuations: [' runs.', '  walks on.', ' sits.', ' eats.'],
    });
  });
});

describe('reviews', () => {
  it('above 4,000 characters lose their middle, and say so', async () => {
    const text = `start ${'x'.repeat(5000)} end`;
    const question = (await questionOf('imdb', { text, label: 0 })) as {
      prompt: { plain: string };
      isInputCut: boolean;
    };
    expect(question.isInputCut).toBe(true);
    expect(question.prompt.plain).toMatch(/^Review: start x+ \[\.\.\.\] x+ end\nSentiment:$/u);
    expect(question.prompt.plain.length).toBe(4000 + 'Review:  [...] \nSentiment:'.length);
  });

  it('at the limit stay whole', async () => {
    expect(await questionOf('imdb', { text: '🙂'.repeat(4000), label: 0 })).toMatchObject({ isInputCut: false });
  });

  it('are chosen by content: without repeats, half of each label, whatever the order of the file', async () => {
    const { imdbPer } = await import('./imdb.ts');
    const task = imdbPer({
      name: 'imdb',
      protocol: 'per',
      version: 1,
      title: 'few',
      dataset: { name: 'imdb', split: 'test' },
      items: 4,
    });
    const rows = [1, 1, 1, 0, 0, 0, 0].map((label, index) => ({ text: `review ${index}`, label }));
    const items = [...rows, ...rows].map((record, index) => task.parse(record, index));
    const ids = (chosen: readonly unknown[] = []): readonly string[] => chosen.map((item) => task.itemId(item));
    const chosen = task.select?.(items) ?? [];
    expect(ids(task.select?.(items.toReversed()))).toEqual(ids(chosen));
    expect(new Set(ids(chosen)).size).toBe(4);
    expect(chosen.map((item) => task.expected(item)).toSorted()).toEqual([
      'negative',
      'negative',
      'positive',
      'positive',
    ]);
    expect(() => task.select?.(items.slice(0, 3))).toThrow('needs 2 different reviews of each label');
  });
});
