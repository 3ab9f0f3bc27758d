import type { PromptStyle, Thinking, ThinkingChoice, ThinkingDetail } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';
import { defaultThinkingBudget } from '../../core/model-setting.ts';
import type { TemplateArguments } from '../chat-template.ts';
import { readTemplateThinking, type TemplateThinking } from './template-switch.ts';
import { mentionedShape, type ThoughtShape } from '../../core/thought-shapes.ts';

const thinkingName =
  /(?:^|[^a-z])(?:think|thinking|thinker|reason|reasoner|reasoning|r1|qwq|magistral|gpt-oss)(?:[^a-z]|$)/i;

/** What is known of a model before it is asked. */
export interface ThinkingFacts {
  /** As the user calls it, for messages. */
  readonly model: string;
  /** All its names. */
  readonly names: readonly string[];
  readonly promptStyle: PromptStyle;
  /** Source of the chat template; undefined where there is none, or none is known. */
  readonly template: string | undefined;
  /** The user's own. */
  readonly templateArgs?: TemplateArguments | undefined;
}

/** What is done about thinking with one model. */
export interface ThinkingPlan {
  readonly thinking: Thinking;
  /** Variables for the template: the user's own, and those that the choice adds. */
  readonly templateArgs: TemplateArguments;
  /** The block that the rendered prompt ends inside of. */
  readonly opened: ThoughtShape | undefined;
  /** Written behind the rendered prompt: closes a block that the template opened, unthought. */
  readonly suffix: string;
}

interface Ground extends ThinkingFacts {
  readonly read: TemplateThinking | undefined;
  readonly own: TemplateArguments;
}

/** Whether a model is known to think, and from what; undefined where nothing says so. */
function knownToThink({ read, own, template, names }: Ground): string | undefined {
  const opened = read?.opened({ ...read.toggle?.on, ...own });
  if (opened !== undefined) return `its template opens a think block (${opened.open})`;
  if (read?.effort !== undefined) return `its template has ${read.effort.variable}`;
  const mentioned = template === undefined ? undefined : mentionedShape(template);
  if (mentioned !== undefined) return `its template mentions ${mentioned.open}`;
  const name = names.find((each) => thinkingName.test(each));
  return name === undefined ? undefined : `its name, ${name}, says so`;
}

function planOf({ read, own }: Ground, thinking: Thinking, added: TemplateArguments = {}): ThinkingPlan {
  const templateArgs = { ...added, ...own };
  const opened = read?.opened(templateArgs);
  const isClosed = opened !== undefined && thinking.mode === 'off';
  return {
    thinking,
    templateArgs,
    opened: isClosed ? undefined : opened,
    suffix: isClosed ? opened.forcedClose : '',
  };
}

function turnOff(ground: Ground): ThinkingPlan {
  const { read, own, model } = ground;
  const toggle = read?.toggle;
  if (toggle !== undefined) {
    return planOf(ground, { mode: 'off', because: `its template has ${toggle.variable}` }, toggle.off);
  }
  const why = knownToThink(ground);
  if (why === undefined) return planOf(ground, { mode: 'none', because: 'nothing says that it thinks' });
  if (read?.opened(own) !== undefined) {
    return planOf(ground, { mode: 'off', because: `${why}, and it is closed at once` });
  }
  throw new ModelError(`${model}: thinking can't be turned off: its chat template has no switch for it`, {
    hint: 'Set thinking to on, to {budget: tokens}, or leave it out.',
  });
}

/** Refuses a word that the template doesn't know. */
function effortArguments({ read, model }: Ground, effort: string | undefined): TemplateArguments {
  if (effort === undefined) return {};
  if (read?.effort === undefined) {
    throw new ModelError(`${model}: its chat template has no variable for the effort of thinking, got ${effort}`, {
      hint: 'Set a budget in tokens instead, as in {budget: 2048}.',
    });
  }
  const { variable, knows } = read.effort;
  if (!knows(effort)) {
    throw new ModelError(`${model}: its chat template doesn't know the ${variable} ${effort}`, {
      hint: 'Use a word that the template has, such as low, medium or high.',
    });
  }
  return { [variable]: effort };
}

function turnOn(ground: Ground, detail: ThinkingDetail, because: string): ThinkingPlan {
  const { read } = ground;
  const { budget = defaultThinkingBudget, effort } = detail;
  const added = {
    ...read?.toggle?.on,
    ...effortArguments(ground, effort),
    ...(read?.budget !== undefined && { [read.budget]: budget }),
  };
  return planOf(ground, { mode: 'on', budget, ...(effort !== undefined && { effort }), because }, added);
}

/** What the user's own template arguments say of thinking; undefined where nothing. */
function saidByArguments({ read, own }: Ground): 'on' | 'off' | undefined {
  const toggle = read?.toggle;
  if (toggle === undefined || !(toggle.variable in own)) return undefined;
  return own[toggle.variable] === toggle.off[toggle.variable] ? 'off' : 'on';
}

/**
 * Turns a choice into what is done with one model.
 *
 * @throws {ModelError} if the model can't do what was asked: no switch, no such word, or two settings that contradict
 */
export function resolveThinking(choice: ThinkingChoice | undefined, facts: ThinkingFacts): ThinkingPlan {
  const { model, template, promptStyle, templateArgs: own = {} } = facts;
  const isPlain = promptStyle === 'plain';
  const read = isPlain || template === undefined ? undefined : readTemplateThinking(template);
  const ground: Ground = { ...facts, template: isPlain ? undefined : template, read, own };
  if (isPlain) return planOf(ground, { mode: 'none', because: 'its prompts are plain, without a chat template' });
  const said = saidByArguments(ground);
  const asked = choice === undefined || choice === 'auto' ? 'auto' : choice === 'off' ? 'off' : 'on';
  if (said !== undefined && asked !== 'auto' && asked !== said) {
    const variable = read?.toggle?.variable;
    throw new ModelError(
      `${model}: thinking is ${asked}, but templateArgs set ${variable} to ${String(own[variable ?? ''])}`,
      {
        hint: `Leave out one of the two.`,
      },
    );
  }
  if (asked === 'off') return turnOff(ground);
  if (asked === 'on') {
    return turnOn(
      ground,
      typeof choice === 'object' ? choice : {},
      knownToThink(ground) ?? 'as asked, though nothing in its template or name says that it thinks',
    );
  }
  if (said !== undefined) {
    const because = `templateArgs set ${read?.toggle?.variable}`;
    return said === 'off' ? planOf(ground, { mode: 'off', because }) : turnOn(ground, {}, because);
  }
  if (read?.toggle !== undefined) return turnOff(ground);
  const why = knownToThink(ground);
  return why === undefined
    ? planOf(ground, { mode: 'none', because: 'nothing says that it thinks' })
    : turnOn(ground, {}, why);
}
