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

/** Closed by a token of its own, with nothing around it. */
function token(open: string, close: string): ThoughtShape {
  return { ...tagged(open, close), forcedClose: close };
}

function channel(name: string): ThoughtShape {
  return {
    open: `<|channel|>${name}<|message|>`,
    close: '<|end|>',
    forcedClose: '<|end|><|start|>assistant<|channel|>final<|message|>',
    isChannel: true,
  };
}

/** Names of tags that models think in: Qwen, DeepSeek and most others first, Seed, and what prompts and fine-tunes ask for. */
const tagNames = [
  'think',
  'thinking',
  'thought',
  'thoughts',
  'seed:think',
  'reason',
  'reasoning',
  'reflection',
  'analysis',
  'scratchpad',
  'inner_thoughts',
  'inner_monologue',
  'chain_of_thought',
] as const;

/** Tags, then Kimi, Cohere, Mistral (Magistral), Gemma 4, MedGemma, Apertus, OpenThoughts, and gpt-oss with its channels. */
export const thoughtShapes: readonly ThoughtShape[] = [
  ...tagNames.map((name) => tagged(`<${name}>`, `</${name}>`)),
  tagged('◁think▷', '◁/think▷'),
  token('<|START_THINKING|>', '<|END_THINKING|>'),
  token('[THINK]', '[/THINK]'),
  token('<|channel>thought', '<channel|>'),
  token('<unused94>thought', '<unused95>'),
  token('<|inner_prefix|>', '<|inner_suffix|>'),
  tagged('<|begin_of_thought|>', '<|end_of_thought|>'),
  channel('analysis'),
  channel('commentary'),
];

/** What opens the answer where thoughts have a channel. */
export const answerMark = '<|channel|>final<|message|>';

/** What else stands between channels; part of neither thoughts nor answer. */
export const channelGlue: readonly string[] = ['<|start|>assistant', '<|end|>', '<|return|>'];

/** Every mark, such as vocabularies may have as one token, and the tokens that longer ones consist of. */
export const thoughtMarks: readonly string[] = [
  ...new Set(
    thoughtShapes.flatMap(({ open, close, forcedClose }) => [
      open,
      close,
      ...(open + forcedClose).matchAll(/<[^<>]+>/gu).map(([mark]) => mark),
    ]),
  ),
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
