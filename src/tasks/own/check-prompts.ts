import * as z from 'zod';
import type { OwnRecord, ResolvedTask } from '../../core/task-definition.ts';
import { ownPrompts } from './own-prompts.ts';
import { takesPartOfText } from './prompt-names.ts';
import { MiscountedChoices } from './row-choices.ts';
import { settingError, type SettingSource } from './setting-error.ts';

type Row = Pick<OwnRecord, 'values'> & { readonly file: string; readonly line: number };

const noShots = { plain: 0, chat: 0 };

/** Runs a reader of one row; undefined where the row is one that can't be read, which is found with its place later. */
function orUnread<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof MiscountedChoices) return undefined;
    throw error;
  }
}

/**
 * Refuses prompts that are wrong for the rows as a whole: those that take parts of texts, that are empty, or that are the
 * same for all rows.
 *
 * @throws {ConfigError} at the prompt
 */
export function checkPrompts(definition: ResolvedTask, file: SettingSource, rows: readonly Row[]): void {
  const prompts = ownPrompts(definition, file, undefined);
  for (const { key, path } of prompts.named) {
    if (rows.length === 0 || !rows.every(({ values }) => takesPartOfText(values, path))) continue;
    const column = path[0] === 'row' ? path[1] : path[0];
    const problem = `\`${path.join('.')}\` is nothing: column \`${column}\` holds texts, which have no such parts`;
    throw settingError(file, key, problem, `Write {{ ${path.slice(0, path[0] === 'row' ? 2 : 1).join('.')} }}.`);
  }
  const styles = definition.by === 'likelihood' ? (['plain'] as const) : (['plain', 'chat'] as const);
  for (const style of styles) {
    const shown = new Set<string>();
    let read = 0;
    for (const { values, file: from, line } of rows) {
      const text = orUnread(() =>
        JSON.stringify(prompts.prompt({ id: `${from}:${line}`, values }, [], noShots)[style]),
      );
      if (text === undefined) continue;
      read += 1;
      shown.add(text);
      if (shown.size > 1) break;
    }
    if (read < 2 || shown.size > 1) continue;
    const [only = ''] = shown;
    const text = only.length > 80 ? `${only.slice(0, 77)}...` : only;
    const problem = `all ${read} rows give the same prompt: ${text}`;
    throw settingError(file, `prompt.${style}`, problem, 'Use {{ input }}, or the name of a column that differs.');
  }
}
