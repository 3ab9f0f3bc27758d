import { describe, expect, it } from 'vitest';
import { predictedSpan } from './read-span.ts';

describe('predictedSpan', () => {
  it.each([
    ['France', 'France'],
    ['\n\n  10th and 11th centuries.\nBecause', '10th and 11th centuries'],
    ['“Bjørn”.', 'Bjørn'],
    ['«Bjørn»', 'Bjørn'],
    ['*Bjørn*', 'Bjørn'],
    ['U.S.', 'U.S'],
    ['and so on...', 'and so on...'],
  ])('reads %j as %j', (output, span) => {
    expect(predictedSpan(output)).toBe(span);
  });

  it.each([
    'Answer: "Bjørn"',
    '**Answer:** Bjørn',
    'Answer:\nBjørn',
    '**Answer**\n\nBjørn',
    '### Final answer\n\n**Bjørn**',
    'Answer\n======\nBjørn',
    'Answer: \r\n\r\nBjørn\r\n',
    'A: Bjørn',
    'Answer (from the passage): Bjørn',
    'Answer – Bjørn',
    '"Answer: Bjørn"',
    'Antwort: Bjørn',
    '答案：Bjørn',
    'The answer is: Bjørn',
    'The answer is\nBjørn',
    '**The answer is:** Bjørn',
    'I think the answer is Bjørn.',
    'The correct answer to the question "Who is the king?" is **Bjørn**.',
    'The answer, according to the passage, is Bjørn.',
    'Two kings are named, so the answer is Bjørn.',
    'Bjørn is the answer.',
    'Based on the passage, the answer is Bjørn.',
    'According to the text: Bjørn',
    'The shortest span in the passage that answers the question is:\n\n"Bjørn"',
    'Here is the answer:\n\nBjørn',
    "Here's the span: Bjørn",
    'Sure! The answer is:\nBjørn',
    'Sure!\n\nBjørn',
    'Who was the king?\nBjørn',
    'Question: Who was the king?\nAnswer: Bjørn',
    'The passage names Bjørn as the king.\n\nFinal answer: Bjørn',
    'The answer to this question is: Bjørn\n\nThe answer is: Bj',
    'Bjørn\n\nQuestion: Who else?\nAnswer: Harald',
    '```\nBjørn\n```',
    'Answer:\n~~~text\nBjørn\n~~~',
    '> Bjørn',
    'Answer:\n- Bjørn',
    '1. Bjørn',
    '<answer>\nBjørn\n</answer>',
    '{"answer": "Bjørn"}',
    'Here it is:\n```json\n{\n  "answer": "Bjørn"\n}\n```\nI hope that this helps.',
    '<think>Harald? No.</think>\n\nBjørn',
    'Harald? No.\n</think>\nAnswer: Bjørn',
    '[THINK]Harald?[/THINK]Bjørn',
  ])('reads the name behind what leads in to it: %j', (output) => {
    expect(predictedSpan(output)).toBe('Bjørn');
  });

  it.each([
    'unanswerable',
    'Unanswerable.',
    '"unanswerable"',
    'A) unanswerable',
    '**Unanswerable**',
    'Answer:\n\nunanswerable',
    'unanswerable. The passage does not say.',
    'Unanswerable, because',
    'Unanswerable - nothing is said',
    'unanswerable since no date is given',
    'Unanswerable from the passage',
    'No answer',
    'no answer.',
    'cannot be answered',
    "Can't be answered.",
    'Not answerable',
    'N/A',
    'This question is **unanswerable**.',
    'It is an unanswerable question.',
    'The answer is "unanswerable".',
    'The question cannot be answered with the passage.',
    'The answer can’t be determined from the text.',
    "The passage doesn't mention a king.",
    'Unfortunately, the text does not provide this information.',
    'The article gives no information on that.',
    'There is no answer in the passage.',
    'There is not enough information to tell.',
    'No answer is given in the passage',
    'No information is given.',
    'Not stated in the text.',
    'Not mentioned',
    'The year of his death is not mentioned in the passage.',
    'Based on the passage, it is not possible to determine the year.',
    "I'm sorry, but I cannot answer this question.",
    "I don't know.",
    'None. The passage does not say.',
    'The passage names a king, but not the year, so the question is unanswerable.',
    'The passage does not say, but it may be Bjørn',
    '<think>Bjørn?</think>unanswerable',
    '{"answer": "unanswerable"}',
  ])('takes %j for "no answer"', (output) => {
    expect(predictedSpan(output)).toBe('');
  });

  it.each([
    'unanswerable questions',
    'no answer was given',
    'no information was given to the police',
    'None',
    'unknown',
    'the unknown soldier',
    'not guilty',
    'not available to the public',
    'cannot be proven',
    'in the text of the treaty',
    'it is impossible',
    'the passage of time',
    'No Country for Old Men',
    'the answer to life',
    'working class',
    'immune response',
    'Mission: Impossible',
  ])('takes %j for a span', (output) => {
    expect(predictedSpan(output)).toBe(output);
  });

  it('is not "no answer" where the model declines to help', () => {
    expect(predictedSpan("I'm sorry, but I can't assist with that request.")).not.toBe('');
  });

  it.each([
    '',
    '   \n',
    'The.',
    '""',
    '**',
    '...',
    'Answer:',
    '**Answer**',
    'The answer is',
    'Sure! Here is the answer:',
    '```\n```',
    '<think>Bjørn is',
  ])('reads nothing in %j', (output) => {
    expect(predictedSpan(output)).toBeUndefined();
  });
});
