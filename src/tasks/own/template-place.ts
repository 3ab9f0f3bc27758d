import { Template } from '@huggingface/jinja';

/** Where a template is no Jinja, both from 1, and why. */
export interface TemplateProblem {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

const closers: Readonly<Record<string, string>> = {
  endfor: 'for',
  endif: 'if',
  endset: 'set',
  endmacro: 'macro',
  endcall: 'call',
  endfilter: 'filter',
};
const openers: ReadonlySet<string> = new Set(Object.values(closers));

interface Tag {
  readonly index: number;
  readonly text: string;
  /** `for` of `{% for … %}`; undefined for expressions and comments. */
  readonly word: string | undefined;
}

function tagsOf(template: string): readonly Tag[] {
  const found = template.matchAll(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}|\{\{|\{%|\{#/gu);
  return Array.from(found, ({ index, 0: text }) => ({ index, text, word: /^\{%[-+]?\s*(\w+)/u.exec(text)?.[1] }));
}

function failure(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A tag with what it needs around it to be a template of its own; undefined where it says nothing by itself. */
function alone({ text, word = '' }: Tag): string | undefined {
  if (!text.startsWith('{%')) return text;
  if (word === 'elif') return `{% if true %}${text}{% endif %}`;
  if (openers.has(word)) return isBlock({ text, word }) ? `${text}{% end${word} %}` : text;
  return undefined;
}

/** `{% set name = value %}` needs no end. */
function isBlock({ text, word }: Pick<Tag, 'text' | 'word'>): boolean {
  return word !== undefined && openers.has(word) && (word !== 'set' || !text.includes('='));
}

function tagProblem(tag: Tag): string | undefined {
  const { text, word } = tag;
  if (text.length === 2) return `\`${text}\` is never closed`;
  const isKnown =
    word === undefined ||
    openers.has(word) ||
    word in closers ||
    ['else', 'elif', 'break', 'continue', 'generation', 'endgeneration'].includes(word);
  if (!isKnown) return `there is no tag \`${word}\``;
  const template = alone(tag);
  const problem = template === undefined ? undefined : failure(() => new Template(template));
  return problem === undefined ? undefined : `\`${text}\` can't be read (${problem})`;
}

/** The first tag that can't be read by itself, or that nothing closes; undefined where there is none. */
function brokenTag(tags: readonly Tag[]): { readonly tag: Tag; readonly reason: string } | undefined {
  const open: Tag[] = [];
  for (const tag of tags) {
    const reason = tagProblem(tag);
    if (reason !== undefined) return { tag, reason };
    const { word, text } = tag;
    if (isBlock(tag)) open.push(tag);
    const closed = word === undefined ? undefined : closers[word];
    if (closed !== undefined && open.pop()?.word !== closed) return { tag, reason: `\`${text}\` closes nothing` };
  }
  const last = open.at(-1);
  return last && { tag: last, reason: `\`${last.text}\` is never closed` };
}

/** Why a text is no Jinja template, and where; undefined where it is one. */
export function templateProblem(template: string): TemplateProblem | undefined {
  const message = failure(() => new Template(template));
  if (message === undefined) return undefined;
  const tags = tagsOf(template);
  const broken = brokenTag(tags);
  // What no tag by itself explains lies inside a block: its first tag is the nearest that can be said.
  const index = broken?.tag.index ?? tags.find(({ word }) => word !== undefined)?.index ?? 0;
  const lines = template.slice(0, index).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, reason: broken?.reason ?? message };
}
