import { describe, expect, it } from 'vitest';
import { promptChoices, promptFrame, promptMessages, promptQuestion } from './prompt-text.ts';

function questions(prompts: readonly string[]): readonly string[] {
  const frame = promptFrame(prompts);
  return prompts.map((prompt) => promptQuestion(prompt, frame));
}

describe('the parts of a prompt', () => {
  it('are taken apart where it is a chat or a choice, and any other is left alone', () => {
    const chat = [{ role: 'user', content: 'Why?' }];
    expect(promptMessages(JSON.stringify(chat))).toEqual(chat);
    expect(promptMessages('[not JSON')).toBeUndefined();
    expect(promptMessages('[{"role":1}]')).toBeUndefined();
    expect(promptChoices('{"context":"Q","continuations":["a"]}')).toEqual({ context: 'Q', continuations: ['a'] });
    expect(promptChoices('{"context":"Q"}')).toBeUndefined();
    expect(promptChoices('{broken')).toBeUndefined();
  });
});

describe('what an item is known by', () => {
  it('is its own question, behind worked examples that are the same for all', () => {
    const examples = 'Question: How many legs?\nAnswer: 4\n\nQuestion: How many eyes?\nAnswer: 2\n\n';
    expect(
      questions([`${examples}Question: How many ears?\nAnswer:`, `${examples}Question: How many\n tails?\nAnswer:`]),
    ).toEqual(['How many ears?', 'How many tails?']);
  });

  it('is its own question, behind examples that are drawn anew for each', () => {
    expect(
      questions(['Review: dull\nSentiment: bad\n\nReview: fine\nSentiment:', 'Review: so so\nSentiment:']),
    ).toEqual(['fine', 'so so']);
  });

  it('is the question where a passage comes first', () => {
    const passage = 'Copy a span.\n\nTitle: Rivers\n\nPassage: Long and wet.\n\n';
    expect(questions([`${passage}Question: Who?\n\nAnswer:`, `${passage}Question: When?\n\nAnswer:`])).toEqual([
      'Who?',
      'When?',
    ]);
  });

  it('is behind instructions, of which whole sentences and labels are left out, never a shared word', () => {
    const asked = 'Name the team for this ticket. Ticket: ';
    expect(questions([`${asked}The door is open`, `${asked}The light is off`])).toEqual([
      'The door is open',
      'The light is off',
    ]);
    expect(questions(['The door is open', 'The light is off'])).toEqual(['The door is open', 'The light is off']);
  });

  it('is before instructions that follow, and keeps an ending that only some share', () => {
    const after = '\n\nIs it good or bad? One word.';
    expect(questions([`A fine film.${after}`, `A dull film.${after}`])).toEqual(['A fine film.', 'A dull film.']);
    expect(questions(['A fine film.\nEnd', 'A dull film.\nEnd', 'No film.'])[0]).toBe('A fine film. End');
  });

  it("is in a chat's last question, and in the context of a choice", () => {
    const chat = (content: string): string =>
      JSON.stringify([
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Say one.' },
        { role: 'assistant', content: 'one' },
        { role: 'user', content },
      ]);
    expect(questions([chat('Say two.'), chat('Count to three.')])).toEqual(['Say two.', 'Count to three.']);
    expect(questions(['{"context":"Baking: The cook","continuations":[" stirs"]}'])).toEqual(['Baking: The cook']);
  });

  it('is the whole prompt where there is no other, or all are the same', () => {
    expect(questions(['Review: fine'])).toEqual(['Review: fine']);
    expect(questions(['Say hello.', 'Say hello.'])).toEqual(['Say hello.', 'Say hello.']);
    expect(promptQuestion('Task: ', { opening: 'Task: ', ending: '' })).toBe('Task:');
    expect(promptFrame([])).toEqual({ opening: '', ending: '' });
  });

  it('is short: whole words, whole characters', () => {
    const long = promptQuestion('wonderful '.repeat(40), promptFrame([]));
    expect(long).toMatch(/^(?:wonderful )+wonderful…$/u);
    expect(long.length).toBeLessThanOrEqual(160);
    const foxes = promptQuestion('🦊'.repeat(400), promptFrame([]));
    expect(Array.from(foxes)).toEqual([...Array.from({ length: 159 }, () => '🦊'), '…']);
  });
});
