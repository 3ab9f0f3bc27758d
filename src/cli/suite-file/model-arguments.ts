import { UsageError } from '../../core/errors.ts';

export interface ModelArguments {
  /** Named by `pretrained=` or `path=`. */
  readonly source: string | undefined;
  readonly engineOptions: Readonly<Record<string, unknown>>;
}

/** Names of lm-eval's own ways to run a model: with `pretrained=` they name no model of ours. */
export const lmEvalBackends: ReadonlySet<string> = new Set([
  'hf',
  'hf-auto',
  'huggingface',
  'gguf',
  'ggml',
  'vllm',
  'sglang',
]);

/**
 * Reads lm-eval's `key=value` list; values become numbers and booleans as they do there.
 *
 * @throws {UsageError} for a part without `=`
 */
export function parseModelArguments(parts: readonly string[]): ModelArguments {
  let source: string | undefined;
  const engineOptions: Record<string, unknown> = {};
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals < 1) {
      throw new UsageError(`--model-args: expected key=value, got "${part}"`, {
        hint: 'Write --model-args pretrained=./model.gguf or an option of the engine.',
      });
    }
    const key = part.slice(0, equals);
    const value = part.slice(equals + 1);
    if (key === 'pretrained' || key === 'path') source = value;
    else engineOptions[key] = readValue(value);
  }
  return { source, engineOptions };
}

function readValue(text: string): unknown {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  if (/^none$/i.test(text)) return null;
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
