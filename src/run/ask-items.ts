import type {
  GenerateRequest,
  LoglikelihoodRequest,
  PromptStyle,
  Generation,
  LoadedModel,
  Loglikelihood,
  PassOptions,
} from '../core/engine.ts';
import { EngineError } from '../core/errors.ts';
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
  const { prompt, maxTokens, stop, jsonSchema } = task.question(
    planned.items[position],
    examplesFor(planned, position),
  );
  const { plain, chat, prefill } = prompt;
  return {
    prompt:
      style === 'plain' ? { style, text: plain } : { style, messages: chat, ...(prefill !== undefined && { prefill }) },
    maxTokens: maxTokens[style],
    stop: stop[style],
    ...(jsonSchema !== undefined && { jsonSchema }),
  };
}

/** JSON Schema of a task's answers, by its first question; undefined where it has none. */
export function schemaOf(planned: PlannedTask): GenerateRequest['jsonSchema'] {
  const { task, items } = planned;
  return task.kind === 'generate' && items.length > 0
    ? buildGenerateRequest(planned, task, 0, 'plain').jsonSchema
    : undefined;
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
  /** It was asked before all others. */
  readonly isFirst: boolean;
  readonly result: Generation | Loglikelihood;
  readonly sample: () => Sample;
}

const firstId = '0';

/** Remembers what was asked until it is answered; the same item may be asked more than once. */
function createBook<Request extends { readonly id: string }>() {
  const open = new Map<string, { readonly position: number; readonly request: Request }>();
  let count = 0;
  return {
    async *ask(
      positions: Positions,
      build: (position: number, isFirst: boolean) => Omit<Request, 'id'>,
    ): AsyncGenerator<Request> {
      for await (const asked of positions) {
        const { position, ...due } = typeof asked === 'number' ? { position: asked } : asked;
        const id = String(count);
        const request = { ...build(position, id === firstId), ...due, id } as Request;
        count += 1;
        open.set(request.id, { position, request });
        yield request;
      }
    },
    take(id: string): { readonly position: number; readonly isFirst: boolean; readonly request: Request } {
      const entry = open.get(id);
      if (entry === undefined) throw new Error(`the engine answered request ${id}, which was not open`);
      open.delete(id);
      return { ...entry, isFirst: id === firstId };
    },
  };
}

/** Requests that fail one after the other, before it is the engine that fails. */
const mostFailures = 20;

/**
 * Ends a pass whose engine answers nothing any more. It looks at each result once it was kept; prompts that are too long, or that a
 * template refuses, are not the engine's fault.
 */
export function watchFailures(): { see(result: Generation | Loglikelihood): void } {
  let inRow = 0;
  return {
    see(result) {
      inRow = result.status === 'failed' && result.reason === 'engine' ? inRow + 1 : 0;
      if (result.status !== 'failed' || inRow < mostFailures) return;
      throw new EngineError(`${mostFailures} requests in a row failed, the last: ${result.message}`, {
        hint: 'Check the server or the engine, then start a new run.',
      });
    },
  };
}

/**
 * Asks the model the items at `positions`, in that order; answers come in completion order.
 *
 * @param pass `maxTokens` cuts answers and thoughts short, where only the work matters; with `wantsPrompt` the first
 *   answer brings its prompt as it was rendered
 */
export async function* askItems(
  model: LoadedModel,
  planned: PlannedTask,
  positions: Positions,
  pass: PassOptions & { readonly maxTokens?: number; readonly wantsPrompt?: boolean },
): AsyncGenerator<Answer, void, void> {
  const { task, items } = planned;
  const failures = watchFailures();
  if (task.kind === 'generate') {
    const book = createBook<GenerateRequest>();
    const style = model.info.promptStyle;
    const { maxTokens: limit, wantsPrompt = false } = pass;
    const requests = book.ask(positions, (position, isFirst) => {
      const { jsonSchema, ...free } = buildGenerateRequest(planned, task, position, style);
      const isHeld = jsonSchema !== undefined && model.info.structuredOutput === true;
      const request = {
        ...free,
        ...(isHeld && { jsonSchema }),
        ...(isFirst && wantsPrompt && { wantsPrompt }),
      };
      if (limit === undefined) return request;
      return { ...request, maxTokens: Math.min(request.maxTokens, limit), maxThinkingTokens: limit };
    });
    for await (const result of model.generate(requests, pass)) {
      const { position, isFirst, request } = book.take(result.id);
      const sample = (): Sample => generationSample(task, items[position], position, request, result);
      yield { position, isFirst, result, sample };
      failures.see(result);
    }
  } else {
    const book = createBook<LoglikelihoodRequest>();
    const requests = book.ask(positions, (position) => buildLikelihoodRequest(planned, task, position));
    for await (const result of model.loglikelihood(requests, pass)) {
      const { position, isFirst, request } = book.take(result.id);
      const sample = (): Sample => likelihoodSample(task, items[position], position, request, result);
      yield { position, isFirst, result, sample };
      failures.see(result);
    }
  }
}
