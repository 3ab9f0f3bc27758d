import { expect, it } from 'vitest';
import { innerAnswer } from './answer-only.ts';

it.each<[output: string, answer: string]>([
  ['B', 'B'],
  ['<reasoning>It looks like A.</reasoning>\nB', 'B'],
  ['<Scratchpad>A?</Scratchpad><ANSWER>B</ANSWER>', 'B'],
  ['<thinking>A?</thinking>\n<reflection>A, no.</reflection>\n<output>B</output>', 'B'],
  ['It is not A.\n<answer>B</answer>\nA is too small.', 'B'],
  ['<response>It is not A: <answer>B</answer></response>', 'B'],
  ['<answer>A</answer> or rather <final_answer>B</final_answer>', 'B'],
  ['<analysis>A?</analysis>\n<answer>B', 'B'],
  ['<solution>Not A.</solution>\nB', '<solution>Not A.</solution>\nB'],
  ['B, in <answer> tags', 'B, in <answer> tags'],
  ['<answer></answer>B', '<answer></answer>B'],
  ['B\n<reasoning>\nA is too small.\n</reasoning>', 'B'],
  ['<scratchpad>A?', ''],
])('of %j, %j is the answer', (output, answer) => {
  expect(innerAnswer(output)).toBe(answer);
});
