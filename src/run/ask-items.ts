import type {
  GenerateRequest,
  LoglikelihoodRequest,
  PromptStyle,
  Generation,
  LoadedModel,
  Loglikelihood,
  PassOptions,
} from '../core/engine.ts';
import type { GenerateTask, LikelihoodTask } from '../core/task.ts';
import type { PlannedTask } from './plan.ts';
import type { Sample } from '../core/sample.ts';
import { generationSample, likelihoodSample } from './score-sample.ts';

function examplesFor({ task, examples }: PlannedTask, position: number): readonly unknown[] {
  return task.pickExamples === undefined ? [] : task.pickExamples(position, examples);
}

export function buildGenerateRequest(
  planned: PlannedTask,
  task: GenerateTask,
  position: number,
  style: PromptStyle,
): Omit<GenerateRequest, 'id'> {
  const { prompt, maxTokens, stop } = task.question(planned.items[position], examplesFor(planned, position));
  const { plain, chat, prefill } = prompt;
  return {
    prompt:
      style === 'plain' ? { style, text: plain } : { style, messages: chat, ...(prefill !== undefined && { prefill }) },
    maxTokens: maxTokens[style],
    stop: stop[style],
  };
}

export function buildLikelihoodRequest(
  planned: PlannedTask,
  task: LikelihoodTask,
  position: number,
): Pick<LoglikelihoodRequest, 'context' | 'continuations'> {
  const { context, continuations } = task.question(planned.items[position], examplesFor(planned, position));
  return { context, continuations };
}

/** An item, and when it is due. */
export interface DuePosition {
  readonly position: number;
  /** On the clock of `RequestTimes`. */
  readonly scheduledMs: number;
}

/** What is asked next, as soon as there is room for it. */
export type Positions = Iterable<number> | AsyncIterable<number | DuePosition>;

/** The answer to one item, scored on demand: passes that only measure time don't pay for scoring. */
export interface Answer {
  readonly position: number;
  readonly result: Generation | Loglikelihood;
  readonly sample: () => Sample;
}

/** Remembers what was asked until it is answered; the same item may be asked more than once. */
function createBook<Request extends { readonly id: string }>() {
  const open = new Map<string, { readonly position: number; readonly request: Request }>();
  let count = 0;
  return {
    async *ask(positions: Positions, build: (position: number) => Omit<Request, 'id'>): AsyncGenerator<Request> {
      for await (const asked of positions) {
        const { position, ...due } = typeof asked === 'number' ? { position: asked } : asked;
        const request = { ...build(position), ...due, id: String(count) } as Request;
        count += 1;
        open.set(request.id, { position, request });
        yield request;
      }
    },
    take(id: string): { readonly position: number; readonly request: Request } {
      const entry = open.get(id);
      if (entry === undefined) throw new Error(`the engine answered request ${id}, which was not open`);
      open.delete(id);
      return entry;
    },
  };
}

/**
 * Asks the model the items at `positions`, in that order; answers come in completion order.
 *
 * @param pass `maxTokens` cuts answers and thoughts short, where only the work matters
 */
export async function* askItems(
  model: LoadedModel,
  planned: PlannedTask,
  positions: Positions,
  pass: PassOptions & { readonly maxTokens?: number },
): AsyncGenerator<Answer, void, void> {
  const { task, items } = planned;
  if (task.kind === 'generate') {
    const book = createBook<GenerateRequest>();
    const style = model.info.promptStyle;
    const { maxTokens: limit } = pass;
    const requests = book.ask(positions, (position) => {
      const request = buildGenerateRequest(planned, task, position, style);
      if (limit === undefined) return request;
      return { ...request, maxTokens: Math.min(request.maxTokens, limit), maxThinkingTokens: limit };
    });
    for await (const result of model.generate(requests, pass)) {
      const { position, request } = book.take(result.id);
      yield { position, result, sample: () => generationSample(task, items[position], position, request, result) };
    }
  } else {
    const book = createBook<LoglikelihoodRequest>();
    const requests = book.ask(positions, (position) => buildLikelihoodRequest(planned, task, position));
    for await (const result of model.loglikelihood(requests, pass)) {
      const { position, request } = book.take(result.id);
      yield { position, result, sample: () => likelihoodSample(task, items[position], position, request, result) };
    }
  }
}
