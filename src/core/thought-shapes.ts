/** How models mark their thoughts in text, as data. */
export interface ThoughtShape {
  /** What opens a block. */
  readonly open: string;
  /** What closes it. */
  readonly close: string;
  /** What is written to close it from outside, up to where the answer begins. */
  readonly forcedClose: string;
  /** Blocks may stand anywhere, not only before the answer: the answer has a mark of its own. */
  readonly isChannel: boolean;
}

function tagged(open: string, close: string): ThoughtShape {
  return { open, close, forcedClose: `\n${close}\n\n`, isChannel: false };
}

function channel(name: string): ThoughtShape {
  return {
    open: `<|channel|>${name}<|message|>`,
    close: '<|end|>',
    forcedClose: '<|end|><|start|>assistant<|channel|>final<|message|>',
    isChannel: true,
  };
}

/** Qwen, DeepSeek and most others; Cohere, Kimi, Seed, Mistral (Magistral), and gpt-oss with its channels. */
export const thoughtShapes: readonly ThoughtShape[] = [
  tagged('<think>', '</think>'),
  tagged('<thinking>', '</thinking>'),
  tagged('<thought>', '</thought>'),
  tagged('<seed:think>', '</seed:think>'),
  tagged('◁think▷', '◁/think▷'),
  { ...tagged('<|START_THINKING|>', '<|END_THINKING|>'), forcedClose: '<|END_THINKING|>' },
  { ...tagged('[THINK]', '[/THINK]'), forcedClose: '[/THINK]' },
  channel('analysis'),
  channel('commentary'),
];

/** What opens the answer where thoughts have a channel. */
export const answerMark = '<|channel|>final<|message|>';

/** What else stands between channels; part of neither thoughts nor answer. */
export const channelGlue: readonly string[] = ['<|start|>assistant', '<|end|>', '<|return|>'];

/** Every mark, such as vocabularies may have as one token. */
export const thoughtMarks: readonly string[] = [
  ...new Set([
    ...thoughtShapes.flatMap(({ open, close }) => [open, close]),
    '<|start|>',
    '<|channel|>',
    '<|message|>',
    '<|end|>',
  ]),
];

/** The shape whose block a rendered prompt ends inside of; undefined where the model opens its thoughts itself. */
export function openedShape(prompt: string): ThoughtShape | undefined {
  const end = prompt.trimEnd();
  return thoughtShapes.find(({ open }) => end.endsWith(open));
}

/** The first shape whose marks a text mentions, such as a template that strips thoughts from earlier turns. */
export function mentionedShape(text: string): ThoughtShape | undefined {
  return thoughtShapes.find(
    ({ open, close, isChannel }) => text.includes(open) || (!isChannel && text.includes(close)),
  );
}
