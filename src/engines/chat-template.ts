import { Template } from '@huggingface/jinja';
import type { ChatMessage } from '../core/engine.ts';
import { boundRanges } from '../core/bounded-range.ts';
import { boundedRenderer } from '../core/within-time.ts';

/**
 * Day that templates are told is today: with the real one, a prompt that carries a date would differ from day to day
 * and no run could be repeated.
 */
const fixedDate = new Date(Date.UTC(2024, 6, 26));
const fixedDateText = '26 Jul 2024';

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `strftime` for the fixed day at midnight; directives that no template is known to use stay as they are. */
function formatFixedDate(format: string): string {
  const month = monthNames[fixedDate.getUTCMonth()] ?? '';
  const day = dayNames[fixedDate.getUTCDay()] ?? '';
  const values: Readonly<Record<string, string>> = {
    d: String(fixedDate.getUTCDate()).padStart(2, '0'),
    m: String(fixedDate.getUTCMonth() + 1).padStart(2, '0'),
    Y: String(fixedDate.getUTCFullYear()),
    y: String(fixedDate.getUTCFullYear()).slice(2),
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    H: '00',
    M: '00',
    S: '00',
    '%': '%',
  };
  return format.replaceAll(/%([a-zA-Z%])/g, (directive, letter: string) => values[letter] ?? directive);
}

export interface SpecialTexts {
  readonly bos: string;
  readonly eos: string;
}

/** Renders messages into one prompt, ready for the assistant's answer. */
export type ChatRenderer = (messages: readonly ChatMessage[], prefill?: string) => string;

/** Variables of a template beside the messages. */
export type TemplateArguments = Readonly<Record<string, unknown>>;

/** A chat template, ready to render. */
export type ChatTemplate = (messages: readonly ChatMessage[], templateArgs?: TemplateArguments) => string;

/**
 * Compiles a model's chat template.
 *
 * @throws {Error} if the template has a syntax error; rendering throws what the template raises, and where it
 *   doesn't end
 */
export function compileChatTemplate(source: string, special: SpecialTexts): ChatTemplate {
  // The interpreter declares `strftime_now` itself, with the real date, and refuses another of that name.
  const template = new Template(source.replaceAll(/\bstrftime_now\s*\(/g, 'perbench_strftime('));
  const ranges = boundRanges(template);
  return boundedRenderer((messages: readonly ChatMessage[], templateArgs: TemplateArguments = {}) =>
    template.render({
      date_string: fixedDateText,
      ...templateArgs,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: true,
      bos_token: special.bos,
      eos_token: special.eos,
      perbench_strftime: formatFixedDate,
      ...ranges(),
    }),
  );
}

/**
 * A renderer of whole prompts.
 *
 * @throws {Error} as `compileChatTemplate`
 */
export function createChatRenderer(
  source: string,
  special: SpecialTexts,
  templateArgs: TemplateArguments = {},
): ChatRenderer {
  const template = compileChatTemplate(source, special);
  return (messages, prefill = '') => template(messages, templateArgs) + prefill;
}
