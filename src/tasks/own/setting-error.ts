import { ConfigError } from '../../core/errors.ts';

/** Where settings of a task come from: its file, or its name where it has none. */
export type SettingSource = string;

/** An error about one setting of a task, such as `prompt.plain`. */
export function settingError(file: SettingSource, key: string, problem: string, hint?: string): ConfigError {
  return new ConfigError({ file, key }, `\`${key}\`: ${problem}`, { hint });
}
