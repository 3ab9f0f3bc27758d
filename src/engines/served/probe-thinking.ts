import type { ModelSpec, PromptStyle, Thinking, ThinkingChoice } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';
import { defaultThinkingBudget } from '../../core/model-setting.ts';
import { resolveThinking, type ThinkingPlan } from '../thinking/resolve-thinking.ts';
import { mentionedShape, type ThoughtShape, thoughtShapes } from '../../core/thought-shapes.ts';
import type { ServedTarget } from './generate-request.ts';
import { look, type Look, showsThoughts } from './probe-request.ts';
import { findContinueWay, findOpened, unseenArguments } from './probe-template.ts';
import { saidByArguments } from './said-thinking.ts';
import type { ServedThinking } from './served-thinking.ts';
import type { ServerFlavour } from './server-facts.ts';

/** Tokens in which a model that thinks has begun to, where the server tells thoughts from the answer or leaves their marks. */
const shortLook = 48;
/** Tokens after which thoughts on a harmless question are mostly over: where the prompt opens them, only their end shows. */
const longLook = 512;

type Fields = Readonly<Record<string, unknown>>;

/** A way to tell a server whether the model is to think. */
interface Switch {
  readonly name: string;
  readonly fields: Fields;
}

const templateSwitch = (isOn: boolean): Switch => ({
  name: `chat_template_kwargs (enable_thinking: ${isOn})`,
  // DeepSeek and Granite have the other name; templates don't mind what they don't know.
  fields: { chat_template_kwargs: { enable_thinking: isOn, thinking: isOn } },
});
const effortSwitch = (effort: string): Switch => ({
  name: `reasoning_effort: ${effort}`,
  fields: { reasoning_effort: effort },
});
const ollamaSwitch = (isOn: boolean): Switch => ({ name: `think: ${isOn}`, fields: { think: isOn } });

/** What is worth trying where the template isn't known, the likeliest first. */
const offSwitches: Readonly<Record<ServerFlavour, readonly Switch[]>> = {
  'llama-server': [templateSwitch(false)],
  vllm: [templateSwitch(false), effortSwitch('none')],
  sglang: [templateSwitch(false), effortSwitch('none')],
  ollama: [effortSwitch('none'), ollamaSwitch(false)],
  unknown: [templateSwitch(false), effortSwitch('none')],
};
const onSwitches: Readonly<Record<ServerFlavour, readonly Switch[]>> = {
  'llama-server': [templateSwitch(true)],
  vllm: [templateSwitch(true)],
  sglang: [templateSwitch(true)],
  ollama: [effortSwitch('medium'), ollamaSwitch(true)],
  unknown: [templateSwitch(true)],
};

/** What a model at a server is asked with, and what is told about it. */
export interface ProbedThinking {
  readonly thinking: Thinking;
  readonly served: ServedThinking;
}

export interface ThinkingQuestion {
  readonly spec: ModelSpec;
  readonly promptStyle: PromptStyle;
}

const shapeNames: readonly (readonly [RegExp, string])[] = [
  [/gpt-?oss/i, '<|channel|>analysis<|message|>'],
  [/magistral|ministral|mistral/i, '[THINK]'],
];

/** How a model marks its thoughts, by its template or its name; most as `<think>`. */
function usualShape(template: string | undefined, names: readonly string[]): ThoughtShape {
  const mentioned = template === undefined ? undefined : mentionedShape(template);
  if (mentioned !== undefined) return mentioned;
  const open = shapeNames.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? '<think>';
  const shape = thoughtShapes.find((each) => each.open === open);
  if (shape === undefined) throw new Error(`no shape of thoughts is marked ${open}`);
  return shape;
}

function withArguments(fields: Fields, own: Fields): Fields {
  const name = 'chat_template_kwargs';
  const all = { ...(fields[name] as Fields | undefined), ...own };
  return Object.keys(all).length === 0 ? fields : { ...fields, [name]: all };
}

/** One model at one server, while it is found out what it does about thinking. */
class ThinkingProbe {
  readonly #target: ServedTarget;
  readonly #spec: ModelSpec;
  readonly #signal: AbortSignal;
  readonly #own: Fields;
  readonly #shape: ThoughtShape;
  /** Thoughts were seen, with whatever switch. */
  #hasSeenThoughts = false;

  constructor(target: ServedTarget, spec: ModelSpec, signal: AbortSignal) {
    this.#target = target;
    this.#spec = spec;
    this.#signal = signal;
    this.#own = spec.templateArgs ?? {};
    this.#shape = usualShape(target.facts.chatTemplate, [spec.name, target.facts.servedName]);
  }

  /** Turns a plan from the template that the server shows into requests, and looks whether the server keeps to it. */
  async byTemplate(plan: ThinkingPlan): Promise<ProbedThinking> {
    const fields = withArguments({}, plan.templateArgs);
    const served = { ...this.#served(plan.thinking, fields), opened: plan.opened, suffix: plan.suffix };
    const seen = await this.#look(served, shortLook);
    if (seen.status === 'refused') throw this.#refused(fields, seen.message);
    if (plan.thinking.mode === 'off' && showsThoughts(seen)) {
      return this.#turnedOn(fields, `it was to be off (${plan.thinking.because}), but thoughts still came`, {});
    }
    return this.#finish(plan.thinking, served);
  }

  /** Finds switches by trying them. */
  async byTrying(choice: ThinkingChoice): Promise<ProbedThinking> {
    const own = withArguments({}, this.#own);
    const said = saidByArguments(this.#spec);
    const plain = await this.#look(this.#served({ mode: 'none', because: '' }, own), shortLook);
    if (plain.status === 'refused') throw this.#refused(own, plain.message);
    const isDone = plain.finishReason === 'stop';
    // The prompt may have opened a block whose end hasn't come yet.
    const longer = showsThoughts(plain) || isDone || !this.#mayHideThoughts() ? plain : await this.#longLook(own);
    const thinks = showsThoughts(longer);
    if (typeof choice === 'object' && choice.effort !== undefined)
      return this.#withEffort(choice, choice.effort, thinks);
    if (choice === 'auto' && said !== undefined && thinks === said.isOn) {
      const because = `templateArgs set ${said.name}`;
      if (thinks) return this.#turnedOn(own, because, {});
      return this.#finish({ mode: 'off', because }, this.#served(none(''), own));
    }
    if (choice === 'auto' && !thinks)
      return this.#finish(none('no thoughts were seen when it was asked'), this.#served(none(''), own));
    if (choice === 'auto' || choice === 'off') return this.#turnedOff(choice, own, thinks);
    if (thinks) return this.#turnedOn(own, 'thoughts were seen when it was asked', choice === 'on' ? {} : choice);
    return this.#switchedOn(own, choice === 'on' ? {} : choice);
  }

  async #turnedOff(choice: 'auto' | 'off', own: Fields, thinks: boolean): Promise<ProbedThinking> {
    const ignored: string[] = [];
    for (const { name, fields: bare } of offSwitches[this.#target.facts.flavour]) {
      // Fields that the protocol doesn't have are for those who ask.
      if (choice === 'auto' && this.#target.facts.flavour === 'unknown' && 'reasoning_effort' in bare) continue;
      const fields = withArguments(bare, this.#own);
      const served = this.#served({ mode: 'off', because: '' }, fields);
      const seen = await this.#look(served, thinks ? longLook : shortLook);
      ignored.push(seen.status === 'refused' ? `${name} was refused` : `${name} was ignored`);
      if (seen.status === 'refused' || showsThoughts(seen)) continue;
      const because = thinks
        ? `${name} stops its thoughts`
        : `${name} is sent; no thoughts were seen without it either`;
      return this.#finish({ mode: 'off', because }, served);
    }
    const tried = `it can't be turned off: ${ignored.join(', ')}`;
    if (!thinks)
      return this.#finish(none(`no thoughts were seen when it was asked; ${tried}`), this.#served(none(''), own));
    return this.#turnedOn(own, choice === 'off' ? `off was asked, but ${tried}` : tried, {});
  }

  async #switchedOn(own: Fields, detail: Exclude<ThinkingChoice, string>): Promise<ProbedThinking> {
    for (const { name, fields: bare } of onSwitches[this.#target.facts.flavour]) {
      const fields = withArguments(bare, this.#own);
      const seen = await this.#look(this.#served({ mode: 'none', because: '' }, fields), longLook);
      if (showsThoughts(seen)) return this.#turnedOn(fields, `${name} makes it think`, detail);
    }
    return this.#turnedOn(own, 'as asked, but no thoughts were seen with any switch', detail);
  }

  async #withEffort(detail: Exclude<ThinkingChoice, string>, effort: string, thinks: boolean): Promise<ProbedThinking> {
    const { flavour } = this.#target.facts;
    const inTemplate = flavour === 'vllm' || flavour === 'sglang';
    const both = {
      reasoning_effort: effort,
      ...(inTemplate && { chat_template_kwargs: { reasoning_effort: effort } }),
    };
    const fields = withArguments(both, this.#own);
    const seen = await this.#look(this.#served({ mode: 'none', because: '' }, fields), shortLook);
    if (seen.status === 'refused') throw this.#refused({ reasoning_effort: effort }, seen.message);
    const isSeen = showsThoughts(seen);
    const because = isSeen
      ? `reasoning_effort: ${effort} was taken, and thoughts came`
      : `reasoning_effort: ${effort} was taken, but ${thinks ? 'no thoughts came with it' : 'no thoughts were seen'}`;
    return this.#turnedOn(fields, because, detail);
  }

  /** On, with the budget if the server can be held to it. */
  async #turnedOn(
    fields: Fields,
    because: string,
    { budget = defaultThinkingBudget, effort }: Exclude<ThinkingChoice, string>,
  ): Promise<ProbedThinking> {
    const thinking: Thinking = { mode: 'on', budget, ...(effort !== undefined && { effort }), because };
    return this.#finish(thinking, this.#served(thinking, fields));
  }

  /** Sees what the rendered prompt opens, whether the server can go on from thoughts, and says what isn't sure. */
  async #finish(thinking: Thinking, first: ServedThinking): Promise<ProbedThinking> {
    const target = { ...this.#target, thinking: first };
    const isOn = thinking.mode === 'on';
    const opened = isOn ? await findOpened(target, this.#hasSeenThoughts, this.#signal) : first.opened;
    const needsMore = isOn || first.suffix !== '';
    const continues = needsMore
      ? await findContinueWay({ ...target, thinking: { ...first, opened } }, this.#signal)
      : undefined;
    if (first.suffix !== '' && continues === undefined) {
      return this.#turnedOn(
        first.fields,
        `${thinking.because}, but the server can't be given the end of the block`,
        {},
      );
    }
    const isCut = isOn && continues === undefined;
    const cut = isCut ? ["the server can't go on from given thoughts"] : [];
    const unseen = await unseenArguments(target, this.#own, this.#signal);
    const because = [thinking.because, ...cut, ...unseen].join('; ');
    return {
      thinking: { ...thinking, because, ...(isCut && { canForce: false }) },
      served: { ...first, opened, continues },
    };
  }

  #served({ mode, budget }: Thinking, fields: Fields): ServedThinking {
    return { mode, budget, fields, opened: 'unknown', shape: this.#shape, continues: undefined, suffix: '' };
  }

  /** Whether thoughts could come without a mark at their beginning, unseen. */
  #mayHideThoughts(): boolean {
    return this.#target.facts.flavour !== 'ollama';
  }

  async #longLook(fields: Fields): Promise<Look> {
    return this.#look(this.#served({ mode: 'none', because: '' }, fields), longLook);
  }

  async #look(served: ServedThinking, maxTokens: number): Promise<Look> {
    // As it would be asked without a budget: whatever comes is looked at.
    const target = { ...this.#target, thinking: { ...served, mode: 'none', suffix: '' } } as const;
    const seen = await look(target, maxTokens, this.#signal);
    this.#hasSeenThoughts ||= showsThoughts(seen);
    return seen;
  }

  #refused(fields: Fields, message: string): ModelError {
    return new ModelError(`${this.#spec.name}: the server refuses ${JSON.stringify(fields)}: ${message}`, {
      hint: 'Leave out thinking or templateArgs, or give what the server and its template know.',
    });
  }
}

const none = (because: string): Thinking => ({ mode: 'none', because });

/**
 * Finds out what a model at a server does about thinking, and how it is told to.
 *
 * @throws {ModelError} if the server refuses what was asked for
 * @throws {ServerError} if the server can't be reached
 */
export async function probeThinking(
  target: ServedTarget,
  { spec, promptStyle }: ThinkingQuestion,
  signal: AbortSignal,
): Promise<ProbedThinking> {
  const { facts } = target;
  const { thinking: choice = 'auto', templateArgs } = spec;
  const probe = new ThinkingProbe(target, spec, signal);
  if (promptStyle === 'chat' && facts.chatTemplate === undefined) return probe.byTrying(choice);
  const names = [spec.name, facts.servedName];
  const plan = resolveThinking(choice, {
    model: spec.name,
    names,
    promptStyle,
    template: facts.chatTemplate,
    templateArgs,
  });
  if (promptStyle === 'chat') return probe.byTemplate(plan);
  const shape = usualShape(undefined, names);
  const served = {
    mode: 'none',
    budget: undefined,
    fields: {},
    opened: undefined,
    shape,
    continues: undefined,
    suffix: '',
  } as const;
  const unused = templateArgs === undefined ? '' : '; templateArgs are not used';
  return { thinking: { ...plan.thinking, because: plan.thinking.because + unused }, served };
}
