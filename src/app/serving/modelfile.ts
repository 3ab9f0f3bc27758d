import { UsageError } from '../../core/errors.ts';
import { shellWord } from '../../core/shell-word.ts';
import type { ServeCommandLine } from './build-command.ts';
import { servedModel } from './build-command.ts';
import { resourceName } from './kubernetes.ts';
import type { MeasuredSetup } from './measured-setup.ts';

/** Types that Ollama has for its cache, which it takes from its environment. */
const ollamaCaches: ReadonlySet<string> = new Set(['f16', 'q8_0', 'q4_0']);

/** What of a setup Ollama can't do, one sentence each. */
export function ollamaGaps({ facts, options, draft, templateArgs }: MeasuredSetup): readonly string[] {
  return [
    ...(options === undefined || ollamaCaches.has(options.kvCache)
      ? []
      : [`the key-value cache: it was ${options.kvCache}, which Ollama doesn't have`]),
    ...(draft === undefined ? [] : ['the draft model: Ollama has none']),
    ...(options?.chatTemplate === undefined
      ? []
      : [`the chat template ${options.chatTemplate}: Ollama takes Go templates`]),
    ...(Object.keys(templateArgs).length === 0 ? [] : ['the variables of the chat template: Ollama has none']),
    ...(facts.promptStyle === 'plain'
      ? []
      : ["prompts as Ollama's own template renders them, where it knows the model's"]),
  ];
}

/** Variables of Ollama's server: it reads cache and flash attention from nowhere else. */
export function ollamaEnvironment(
  { options }: MeasuredSetup,
  line: ServeCommandLine,
): Readonly<Record<string, string>> {
  const isCached = options !== undefined && options.kvCache !== 'f16' && ollamaCaches.has(options.kvCache);
  return {
    ...line.environment,
    ...(isCached && { OLLAMA_KV_CACHE_TYPE: options.kvCache }),
    ...((isCached || options?.flashAttention === 'on') && { OLLAMA_FLASH_ATTENTION: '1' }),
  };
}

/** How the Modelfile becomes a model of the server. */
export function createCommand({ model }: Pick<MeasuredSetup, 'model'>): string {
  return `ollama create ${shellWord(resourceName(model))} -f FILE`;
}

/**
 * A Modelfile: weights, context, threads, layers on the GPU, and greedy answers. Plain prompts go to the model as they
 * are: Ollama would render them by the model's template.
 *
 * Source: Ollama's documentation of Modelfiles.
 *
 * @throws {UsageError} for a path of several lines
 */
export function modelfileText(setup: MeasuredSetup): string {
  const { file, options, contextTokens, facts, isOnGpu } = setup;
  const layers = options === undefined ? undefined : isOnGpu ? options.gpuLayers : 0;
  const parameters = {
    num_ctx: contextTokens,
    num_thread: facts.threads,
    num_gpu: layers === 'all' ? undefined : layers,
    temperature: 0,
  };
  const lines = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`PARAMETER ${name} ${value}`],
  );
  const from = file?.path ?? servedModel(setup);
  if (/[\r\n]/u.test(from)) {
    throw new UsageError(`a Modelfile can't name ${JSON.stringify(from)}: there is a line break in it`, {
      hint: 'Give the file another name, or choose another server.',
    });
  }
  const template = facts.promptStyle === 'plain' ? ['TEMPLATE {{ .Prompt }}'] : [];
  return [`FROM ${from}`, ...template, ...lines].join('\n');
}
