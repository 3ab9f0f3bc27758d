import { basename } from 'node:path';
import type { PromptStyle, PromptStyleChoice } from '../core/engine.ts';
import { ModelError } from '../core/errors.ts';

const instructName = /(?:^|[^a-z])(?:instruct|inst|chat|it|assistant|sft|dpo)(?:[^a-z]|$)/i;

export interface NamedModel {
  readonly file: string;
  /** Its name in the run, and the texts of general.name, general.finetune, general.basename. */
  readonly names: readonly string[];
  readonly hasChatTemplate: boolean;
}

/** Whether one of a model's names says that it was tuned to follow instructions. */
export function looksTuned(names: readonly string[]): boolean {
  return names.some((name) => instructName.test(name));
}

/**
 * Whether generation tasks render the chat template. `auto` takes it where the file has one and a name says that the
 * model was tuned for it: base models often carry a template that they were never trained on.
 *
 * @throws {ModelError} if `instruct` is asked of a file without a template
 */
export function resolvePromptStyle(choice: PromptStyleChoice, model: NamedModel): PromptStyle {
  if (choice === 'base') return 'plain';
  if (choice === 'instruct') {
    if (model.hasChatTemplate) return 'chat';
    throw new ModelError(`${model.file}: prompt style "instruct", but the file has no chat template`, {
      hint: 'Use prompt style "base", or a GGUF file with tokenizer.chat_template.',
    });
  }
  return model.hasChatTemplate && looksTuned([...model.names, basename(model.file)]) ? 'chat' : 'plain';
}
