import type { GenerateRequest, LoglikelihoodRequest, PromptStyle } from '../core/engine.ts';
import type { GenerateTask, LikelihoodTask } from '../core/task.ts';
import type { PlannedTask } from './plan.ts';

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

/** The prompt as a person reads it in a sample. */
export function promptText(
  request: Omit<GenerateRequest, 'id'> | Pick<LoglikelihoodRequest, 'context' | 'continuations'>,
): string {
  if ('continuations' in request)
    return JSON.stringify({ context: request.context, continuations: request.continuations });
  return request.prompt.style === 'plain' ? request.prompt.text : JSON.stringify(request.prompt.messages);
}
