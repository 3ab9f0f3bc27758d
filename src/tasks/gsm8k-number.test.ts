import { describe, expect, it } from 'vitest';
import { extractNumber, formatDecimal } from './gsm8k-number.ts';

function read(text: string): string | undefined {
  const found = extractNumber(text);
  return found && formatDecimal(found);
}

type Row = readonly [text: string, number: string | undefined];

describe('thoughts are no answer', () => {
  it.each<Row>([
    ['<think>4 + 5, so the answer is 9.</think>\nFour times five are 20.', '20'],
    ['<thinking>\n#### 9\n</thinking>\n\nThey have 20 eggs.', '20'],
    [String.raw`[THINK]\boxed{9}[/THINK]The total is 20.`, '20'],
    ['4 + 5 = 9, the answer is 9.\n</think>\n20 eggs', '20'],
    ['<|channel|>analysis<|message|>9?<|end|><|start|>assistant<|channel|>final<|message|>20 eggs', '20'],
    ['<think>First 4 + 5. So the answer is 9', undefined],
    ['<think></think>#### 20', '20'],
  ])('%j is read as %s', (text, number) => {
    expect(read(text)).toBe(number);
  });
});

describe('headings are no final answers', () => {
  it.each<Row>([
    ['#### Step 1\nThere are 4 nests.\n#### Step 2\nTogether they hold **20** eggs.', '20'],
    ['#### 1. Count\nThere are 4 nests.\n\n#### 2. Multiply\n4 × 5 = 20', '20'],
    ['#### Step 1: 4 nests\nWe have 4.\n#### Step 2: 4 x 5\nThe total is 20.', '20'],
    ['#### 3 more eggs\n4 × 5 = 20.\n#### 2 broken ones\n20 + 3 - 2 = 21.', '21'],
    ['### Solution\n4 times 5.\n\n#### Final answer\n\n20', '20'],
    ['#### Final Answer:\n**20 eggs**\n\nI hope this helps with your 2 tasks.', '20'],
    ['#### Answer\nThey have 20 eggs.\n\n#### Explanation\n4 nests, 5 eggs each.', '20'],
    ['**Final Answer**\n\n20', '20'],
    ['Final answer\n============\n20', '20'],
    ['####\n$20$', '20'],
    ['#### Total: 20 eggs', '20'],
    ['#### Solution\n4 × 5 = 20 eggs.\n\n#### Note\nThis took 2 steps.', '20'],
    ['#### Step 1\nSubtract 2.\n#### 20', '20'],
    ['#### 20 ####', '20'],
    ['#### 20\n\nLet me know if you need 5 more examples.', '20'],
    ['#### 20 eggs\n\nWould you like 3 more?', '20'],
    ['We get #### 20', '20'],
  ])('%j is read as %s', (text, number) => {
    expect(read(text)).toBe(number);
  });
});

describe('LaTeX and other ways to write numbers', () => {
  it.each<Row>([
    ['It costs $42{,}500$ dollars.', '42500'],
    [String.raw`The answer is \(3\,400\,000\).`, '3400000'],
    [String.raw`#### 42\,500`, '42500'],
    [String.raw`So $42\;500$.`, '42500'],
    [String.raw`So $42{,}\!500$.`, '42500'],
    [String.raw`So $42\!,500$.`, '42500'],
    [String.raw`So $42\ 500$.`, '42500'],
    ['So $42~500$.', '42500'],
    [String.raw`\boxed{\$42{,}500.50}`, '42500.5'],
    [String.raw`\boxed{\text{42,500 dollars}}`, '42500'],
    [String.raw`$$\boxed{42\text{,}500}$$`, '42500'],
    [String.raw`\boxed{\mathbf{42{,}500}}`, '42500'],
    [String.raw`\boxed{-1{,}250}`, '-1250'],
    [String.raw`\boxed{15\%}`, '15'],
    [String.raw`\boxed{20 \text{ cm}^2}`, '20'],
    [String.raw`so $\frac{3}{4}$ of it`, '0.75'],
    [String.raw`\boxed{1\frac{1}{2}}`, '1.5'],
    ['The answer is 1½.', '1.5'],
    ['The answer is 3/4 of a cake.', '0.75'],
    [String.raw`which is $5 \times 10^{3}$`, '5000'],
    ['The answer is 1.5 million dollars.', '1500000'],
    ["42'500", '42500'],
    ['42\u2009500', '42500'],
    ['The answer is –5.', '-5'],
    ['The answer is ２０.', '20'],
    ['الجواب ٢٠', '20'],
    ['答案：20。', '20'],
    ['values 3, 4, 500', '500'],
  ])('%j is read as %s', (text, number) => {
    expect(read(text)).toBe(number);
  });
});

describe('calculations', () => {
  it.each<Row>([
    [String.raw`\[ \boxed{4 \times 5 = 20} \]`, '20'],
    [String.raw`\boxed{x = 20}`, '20'],
    [String.raw`\boxed{20 = 4 \cdot 5}`, '20'],
    [String.raw`\boxed{4 \text{ nests} \times 5 \text{ eggs} = 20 \text{ eggs}}`, '20'],
    [String.raw`\boxed{20 \text{ eggs (5 per nest)}}`, '20'],
    [String.raw`\boxed{\frac{60}{3} = 20}`, '20'],
    [String.raw`\boxed{\begin{aligned} x &= 4 \times 5 \\ &= 20 \end{aligned}}`, '20'],
    [String.raw`\boxed{4} and \boxed{5} give \boxed{20}.`, '20'],
    ['The answer is 20 (check: 20 / 5 = 4).', '20'],
    ['The answer is 20 [20 / 5 = 4].', '20'],
    ['The answer is 20, since 60 / 3 = 20 and 60 = 12 × 5.', '20'],
    ['The answer is 20. Check: 20 / 5 = 4.', '20'],
    ['The answer is 4*5 = 20', '20'],
    [String.raw`The answer is \$4 × 5 = \$20 per day.`, '20'],
    ['The answer is $100 - $80 = $20', '20'],
    ['#### 20 (4 × 5 = 20)', '20'],
    ['#### 20 = 4 × 5', '20'],
    ['So 20 = 4 × 5.', '20'],
    ['20 eggs (4 x 5)', '20'],
    ['They sell 4 * 5 = <<4*5=20>>20 eggs.', '20'],
    ['They have 20 eggs. To check: 20 / 5 = 4, which is right.', '20'],
    ['The answer is 20.4 ≈ 20', '20'],
    ['The answer is 20 ≈ 20.3.', '20'],
    ['The answer is 61 / 3 ≈ 20.33.', '20.33'],
    ['#### 4*5 = 20 eggs for 7 people', '20'],
    ['The answer is 4 × 5 = 20 in 3 weeks.', '20'],
    ['The answer is 8 + 12 = 20 eggs, or 5 per nest.', '20'],
    ['The answer is 8 + 12 = 20, that is 5 per nest.', '20'],
  ])('%j is read as %s', (text, number) => {
    expect(read(text)).toBe(number);
  });
});

describe('what is concluded with', () => {
  it.each<Row>([
    [String.raw`For one nest the answer is 5. There are four, so in all we get \boxed{20}.`, '20'],
    ['For one nest the answer is 5. There are four, so in all there are 20.', '20'],
    ['The answer for one nest is 5.\n\n#### 20', '20'],
    ['The answer to the first part is 5.\nThen 4 × 5 = 20.', '20'],
    ['The answer is 5 per nest. Hence the total is 20.', '20'],
    ['Answer: 5\nWait, there are four nests.\nAnswer: 20', '20'],
    ['The answer is 24. No, that is wrong: four are broken. They have 20.', '20'],
    ['The answer is 24. Actually, it is 20.', '20'],
    ["#### 24\nWait, that's not right.\n#### 20", '20'],
    [String.raw`We ask whether the answer is 24. It is not. They have \boxed{20}.`, '20'],
    ['Is the answer 24? No, there are 20.', '20'],
    ['You might think the answer is 24, but four are broken, so there are 20.', '20'],
    ['Somebody claims the answer is 24. We compute 4 × 5 = 20.', '20'],
    ['Suppose the answer is 24. Too many. So there are 20.', '20'],
    ['The answer is not 24 but 20.', '20'],
    ['The answer is 20, not 24.', '20'],
    ['Although the answer is 5 for one nest, we need four: 4 × 5 = 20.', '20'],
    ['The answer is 24. But four are broken, leaving 20.', '20'],
    ['The answer is 20. However, this assumes 7 days a week.', '20'],
    ['The answer is 5 eggs for each of the 4 nests.', '5'],
    ['At first glance, the answer is 24. Four are broken. 20 remain.', '20'],
    ['I think the answer is 20.', '20'],
    ["The answer isn't 24.\nIt is 20.", '20'],
    ['#### 20\n\nNote that the answer for one nest is 5.', '20'],
    ['The answer is 20.\n\nSo they have 20 eggs after 3 days.', '20'],
    ['Answer: There are 4 nests with 5 eggs each. 4 × 5 = 20.', '20'],
    ['**Answer:** 20 eggs', '20'],
    ['So 20 is the answer.', '20'],
    ['<answer>20</answer>', '20'],
    ['The final answer is:\n\n$$20$$', '20'],
    ['- nests: 4\n- eggs: 5\n- total: 20', '20'],
    ['| nests | 4 |\n|---|---|\n| total | 20 |', '20'],
    ['```\n20\n```', '20'],
    ['So they earn $20 every 2 days.', '20'],
    ['They earn **$20** a day on the 3 markets.', '20'],
    ['Thus, 20 out of 30 hatch.', '20'],
    ['In all there are 20 eggs in the 4 nests.\nThank you for the 2 questions!', '20'],
    ['1. Count 4 nests.\n2. Each has 5.\n3. That makes 20.', '20'],
    ['20.', '20'],
    ['Step 2', '2'],
  ])('%j is read as %s', (text, number) => {
    expect(read(text)).toBe(number);
  });

  it.each<Row>([
    ['Final answer: They fill 4 boxes to ship 20 eggs.', '4'],
    ['Answer: It takes 4 hours to collect 20 eggs.', '4'],
    ['#### Answer\nThey have 20 eggs in 4 nests.', '20'],
    ['#### Conclusion\nThey have 20 eggs across 4 nests.', '20'],
    ['### Result\nThe hens lay 20 eggs and the ducks 4.', '20'],
    ['Answer: With 4 nests of 5 eggs, there are 20 eggs.', '20'],
    ['Answer: There are 4 nests with 5 eggs each, for a total of 20.', '20'],
    ['So they need 4 boxes to ship 20 eggs.', '4'],
    ['So they have 20 eggs left for the remaining 3 days.', '20'],
    ['Hence it takes 4 hours to collect 20 eggs at 5 eggs per hour.', '4'],
    ['Multiply 4 nests by 5 eggs to get 20.', '20'],
    ['The cost is 20 dollars. He paid with a $50 bill.', '20'],
    ['He pays with a $50 bill. His change is 20.', '20'],
    ['In total they have 20 eggs. 12 are white and 8 are brown.', '20'],
    ['So it takes 20 eggs in all.\nWhite: 12, brown: 8.', '20'],
    ['In total they have 20 eggs. 12 are sold and 8 are left.', '8'],
    ['In total they have 20 eggs. They sell 6. They have 14 now.', '14'],
  ])('of what a sentence names, %j is about %s', (text, number) => {
    expect(read(text)).toBe(number);
  });

  it.each<Row>([
    ['If none were broken, the answer would be 24. As it is, 20 remain.', '20'],
    ['With the broken ones the answer would be 24. Without them it is 20.', '20'],
    ['The answer would be 20.', '20'],
    ['The answer would be 4 × 5 = 20 eggs.', '20'],
    ['The answer is 5. This is for one nest only. Four nests hold 20.', '20'],
    ['The answer is 5, but that is for one nest only. Four nests hold 20.', '20'],
    ['The answer is between 18 and 22, namely 20.', '20'],
    ['The answer is between 18 and 22. Trying them, 20 works.', '20'],
  ])('of what is said of an answer, %j ends with %s', (text, number) => {
    expect(read(text)).toBe(number);
  });

  it.each<Row>([
    ['Total: 7/8 litre', '0.875'],
    ['They need 7/8 of a litre.', '0.875'],
    ['Each gets 40/2 eggs.', '20'],
    ['They eat 1/2 of 40 eggs.\nThat makes 20.', '20'],
    ['Answer: 11:45', undefined],
    ['#### 9:15', undefined],
    ['They are back at 10:00.', '10'],
  ])('fractions and times: %j is %s', (text, number) => {
    expect(read(text)).toBe(number);
  });

  it.each<Row>([
    ['4 × 5 = 20\n#### 20\n\nQuestion: A hen lays 2 eggs.\nAnswer: 2\n#### 2', '20'],
    ['20 eggs\n\nQ: What is 3 + 4?\nA: 7', '20'],
    ['20\n\nHuman: And 3 nests?\nAssistant: 15', '20'],
    ['Question: How many eggs do 4 nests hold?\nAnswer: 20 eggs', '20'],
    ['There are 4 nests of 5 eggs:\n\nQuestion: how many in all?\n\nAnswer: 20', '20'],
  ])('what a model asks itself next is no part of it: %j', (text, number) => {
    expect(read(text)).toBe(number);
  });

  it.each<Row>([
    ['<reasoning>4 + 5 is 9, the answer is 9.</reasoning>\n<output>20 eggs in 4 nests</output>', '20'],
    ['We have 4 nests.\n<answer>20</answer>\nThey hold 5 each.', '20'],
    ['<answer></answer>20', '20'],
    ['<solution>4 × 5 = 20</solution>\nWith 1 more: 21', '21'],
    ['They have 20. I put it in <answer> tags.', '20'],
    ['<Analysis>9?</Analysis>\n<answer>20', '20'],
  ])('is looked for where an answer is wrapped: %j', (text, number) => {
    expect(read(text)).toBe(number);
  });

  it('is looked for at the end of a long answer', () => {
    expect(read(`The answer is 24. ${'And so on. '.repeat(2000)}\n#### 20${'\n'.repeat(50_000)}`)).toBe('20');
  });
});
