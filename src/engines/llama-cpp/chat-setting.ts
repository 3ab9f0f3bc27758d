import { basename } from 'node:path';
import type { ModelSpec, PromptStyle } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';
import { readBytes } from '../../files/read-file.ts';
import type { GgufHeader } from '../../gguf/gguf-header.ts';
import { resolvePromptStyle } from '../prompt-style.ts';
import { resolveThinking, type ThinkingPlan } from '../thinking/resolve-thinking.ts';

function textValue(header: GgufHeader, key: string): string | undefined {
  const value = header.values.get(key);
  return typeof value === 'string' ? value : undefined;
}

/**
 * The template that messages are rendered by: the one that the options name, else the file's own.
 *
 * @throws {ModelError} if the named one can't be read
 */
async function chatTemplateOf(name: string, file: string | undefined, header: GgufHeader): Promise<string | undefined> {
  if (file === undefined) return textValue(header, 'tokenizer.chat_template');
  try {
    // Bytes that are no UTF-8 would stand in every prompt as something else; a byte order mark is left out.
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(file));
  } catch (cause) {
    const reason =
      cause instanceof TypeError ? 'it is not UTF-8' : cause instanceof Error ? cause.message : String(cause);
    throw new ModelError(`${name}: the chat template ${file} can't be read: ${reason}`, {
      hint: 'Set the engine option chatTemplate to a file with a Jinja template.',
      cause,
    });
  }
}

/** What the file calls its model. */
function namesIn(header: GgufHeader): readonly string[] {
  return ['general.name', 'general.finetune', 'general.basename'].flatMap((key) => textValue(header, key) ?? []);
}

/** How a model is asked in generation tasks. */
export interface ChatSetting {
  readonly chatTemplate: string | undefined;
  readonly promptStyle: PromptStyle;
  readonly plan: ThinkingPlan;
}

/**
 * What a model's file and its settings say together, before anything is loaded.
 *
 * @throws {ModelError} for a template that can't be read, and settings that the model can't have
 */
export async function readChatSetting(model: ModelSpec, file: string, header: GgufHeader): Promise<ChatSetting> {
  const { chatTemplate: templateFile } = model.engineOptions;
  const chatTemplate = await chatTemplateOf(
    model.name,
    typeof templateFile === 'string' ? templateFile : undefined,
    header,
  );
  const ownNames = namesIn(header);
  const names = [model.name, ...ownNames];
  const promptStyle = resolvePromptStyle(model.promptStyle, {
    file,
    names,
    hasChatTemplate: chatTemplate !== undefined,
  });
  const plan = resolveThinking(model.thinking, {
    model: model.name,
    // The model's own name may say what was asked of it, as in `qwen3 (thinking off)`.
    names: [...ownNames, basename(file)],
    promptStyle,
    template: chatTemplate,
    templateArgs: model.templateArgs,
  });
  return { chatTemplate, promptStyle, plan };
}
