import type { RunEvent } from '../core/event.ts';
import type { PromptStyle } from '../core/engine.ts';
import { type Answer, buildGenerateRequest, buildLikelihoodRequest } from './ask-items.ts';
import type { PlannedTask } from './plan.ts';

/** Longer ones are not kept: a manifest is read whole. */
export const longestKeptPrompt = 20_000;

type PromptEvent = Extract<RunEvent, { readonly type: 'first-prompt' }>;

function promptOf(
  planned: PlannedTask,
  { position, result }: Answer,
  style: PromptStyle,
): Pick<PromptEvent, 'text' | 'form'> {
  const { task } = planned;
  if (task.kind === 'loglikelihood') {
    const { context, continuations } = buildLikelihoodRequest(planned, task, position);
    const choices = continuations.map((continuation) => JSON.stringify(continuation)).join('\n');
    return { form: 'likelihood', text: `${context}\ncontinuations, each scored after this context:\n${choices}` };
  }
  const rendered = 'renderedPrompt' in result ? result.renderedPrompt : undefined;
  const { prompt } = buildGenerateRequest(planned, task, position, style);
  if (prompt.style === 'plain') return { form: 'plain', text: rendered ?? prompt.text };
  if (rendered !== undefined) return { form: 'rendered', text: rendered };
  const { messages, prefill } = prompt;
  const begun = prefill === undefined ? '' : `\nthe answer begins with ${JSON.stringify(prefill)}`;
  return { form: 'messages', text: `${JSON.stringify(messages, undefined, 2)}${begun}` };
}

/** What a model was asked first, as it was sent. */
export function firstPrompt(planned: PlannedTask, cellId: string, answer: Answer, style: PromptStyle): PromptEvent {
  return { type: 'first-prompt', cellId, ...promptOf(planned, answer, style) };
}
