import { describe, expect, it } from 'vitest';
import { readPart } from './answer-part.ts';
import { AnswerReader, type CompletionAnswer, type ReaderOptions } from './completion-answer.ts';

const now = (): number => 0;

function whole(choice: object, more: object = {}, options: ReaderOptions = {}): CompletionAnswer {
  const reader = new AnswerReader(options);
  reader.pushWhole(readPart({ choices: [choice], ...more }));
  return reader.result('server', now);
}

function streamed(deltas: readonly object[], options: ReaderOptions = {}): CompletionAnswer {
  const reader = new AnswerReader(options);
  for (const delta of deltas) {
    const end = reader.push(readPart({ choices: [{ delta }] }), now);
    if (end !== undefined) return reader.result(end, now);
  }
  reader.push(readPart({ choices: [{ delta: {}, finish_reason: 'stop' }] }), now);
  return reader.result('server', now);
}

const read = ({ thoughts, text }: CompletionAnswer): readonly unknown[] => [thoughts, text];

describe('an answer in one piece', () => {
  it.each([
    ['reasoning_content', { reasoning_content: 'Hm.', content: 'Yes' }],
    ['reasoning', { reasoning: 'Hm.', content: '\n\nYes' }],
    ['thinking', { thinking: 'Hm.', content: 'Yes' }],
    ['the same under two names', { reasoning: 'Hm.', reasoning_content: 'Hm.', content: 'Yes' }],
    [
      'a list',
      {
        reasoning_content: [
          { type: 'text', text: 'H' },
          { type: 'text', text: 'm.' },
        ],
        content: 'Yes',
      },
    ],
    [
      'parts of the content',
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
          { type: 'text', text: 'Yes' },
        ],
      },
    ],
    ['<think>', { content: '<think>\nHm.\n</think>\n\nYes' }],
    [
      'channels',
      { content: '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes' },
    ],
    ['[THINK]', { content: '[THINK]Hm.[/THINK]Yes' }],
  ])('has its thoughts as %s', (_, message) => {
    expect(read(whole({ message, finish_reason: 'stop' }))).toEqual(['Hm.', 'Yes']);
  });

  it('has thoughts without a mark at their beginning where the prompt opened them', () => {
    const message = { content: 'Hm.</think>\n\nYes' };
    expect(read(whole({ message }, {}, { startsInside: 'unknown' }))).toEqual(['Hm.', 'Yes']);
    expect(read(whole({ message: { content: 'Hm.' } }, {}, { startsInside: true }))).toEqual(['Hm.', '']);
  });

  it('counts hidden thoughts as the server does', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 20, completion_tokens_details: { reasoning_tokens: 12 } };
    const answer = whole({ message: { content: 'Yes' } }, { usage });
    expect([...read(answer), answer.thinkingTokens]).toEqual([undefined, 'Yes', 12]);
    const none = { ...usage, completion_tokens_details: { reasoning_tokens: 0 } };
    expect(whole({ message: { content: 'Yes' } }, { usage: none }).thinkingTokens).toBeUndefined();
    // In one piece nobody can count them.
    expect(whole({ message: { reasoning: 'Hm.', content: 'Yes' } }).thinkingTokens).toBeUndefined();
  });

  it('keeps what was refused apart', () => {
    expect(whole({ message: { content: null, refusal: 'No.' } })).toMatchObject({ text: '', refusal: 'No.' });
  });
});

describe('a stream', () => {
  it('is the same in pieces, and counts thoughts with their marks and the white space behind them', () => {
    const pieces = ['<th', 'ink>', 'Hm', '.', '</think>', '\n\n', 'Y', 'es'].map((content) => ({ content }));
    const answer = streamed(pieces);
    expect([...read(answer), answer.thinkingTokens]).toEqual(['Hm.', 'Yes', 6]);
    const apart = streamed([{ reasoning: 'H' }, { reasoning: 'm.' }, { content: '\n' }, { content: 'Yes' }]);
    expect([...read(apart), apart.thinkingTokens]).toEqual(['Hm.', 'Yes', 3]);
  });

  it('ends at the budget of its thoughts, and where the answer must', () => {
    const limits = { budget: 3, maxTokens: 2, stop: [';'], isThoughtsOnly: false };
    const thinking = ['a', 'b', 'c', 'd'].map((reasoning) => ({ reasoning }));
    expect(streamed(thinking, { limits })).toMatchObject({ end: 'budget', thoughts: 'abc', isThinking: true });
    const long = [{ reasoning: 'a' }, ...['x', 'y', 'z'].map((content) => ({ content }))];
    expect(streamed(long, { limits })).toMatchObject({
      end: 'answer',
      text: 'xy',
      streamedTokens: 3,
      thinkingTokens: 1,
    });
    const stopped = [{ reasoning: ';' }, { content: 'x;' }, { content: 'y' }];
    expect(streamed(stopped, { limits })).toMatchObject({ end: 'stop', text: 'x;', thoughts: ';' });
    const only = { ...limits, isThoughtsOnly: true };
    expect(streamed(long, { limits: only })).toMatchObject({ end: 'thoughts', written: { text: 'a', isBare: true } });
  });

  it("takes the server's running count before its own", () => {
    const reader = new AnswerReader({ limits: { budget: 9, maxTokens: 4, stop: [], isThoughtsOnly: false } });
    const usage = { prompt_tokens: 7, completion_tokens: 9 };
    const end = reader.push(readPart({ choices: [{ delta: { reasoning: 'many at once' } }], usage }), now);
    expect(end).toBe('budget');
    expect(reader.result('budget', now)).toMatchObject({
      counts: { promptTokens: 7, outputTokens: 9 },
      thinkingTokens: 9,
    });
  });

  it('leaves log-probabilities of thoughts out', () => {
    const reader = new AnswerReader({});
    for (const [content, logprob] of [
      ['<think>', -1],
      ['Hm', -2],
      ['</think>', -3],
      ['Yes', -4],
    ] as const) {
      reader.push(readPart({ choices: [{ delta: { content }, logprobs: { content: [{ logprob }] } }] }), now);
    }
    expect(reader.result('server', now).tokenLogprobs).toEqual([-4]);
  });

  it('that goes on from given thoughts is an answer, whatever the server takes it for', () => {
    const answer = streamed([{ reasoning: '\nYe' }, { reasoning: 's' }], { isAllAnswer: true });
    expect(read(answer)).toEqual([undefined, 'Yes']);
  });
});
