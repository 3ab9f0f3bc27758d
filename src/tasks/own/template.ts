import { Template } from '@huggingface/jinja';
import { boundRanges } from '../../core/bounded-range.ts';
import { boundedRenderer } from '../../core/within-time.ts';
import type { SettingSource } from './setting-error.ts';
import { settingError } from './setting-error.ts';
import { jinjaNames, templateNames } from './template-names.ts';
import { templateProblem } from './template-place.ts';

export interface PromptTemplate {
  /** Such as `prompt.plain`. */
  readonly key: string;
  /** What it takes from outside, as paths: `meta`, `author`. */
  readonly names: readonly (readonly string[])[];
  /** @throws {ConfigError} if it can't be rendered with these values, such as with a filter that isn't there */
  render(variables: Readonly<Record<string, unknown>>, itemId: string): string;
}

interface TemplateOptions {
  readonly file: SettingSource;
  readonly key: string;
  /** Text at the end of the template that isn't part of the prompt. */
  readonly trailing: RegExp;
}

/** Line breaks at the end, which blocks of YAML have. */
export const trailingBreaks = /[\r\n]+$/u;
/** All white space: where an answer begins, engines expect none. */
export const trailingSpace = /\s+$/u;

/** @throws {ConfigError} if the text is no Jinja template, with the place in it */
export function promptTemplate(text: string, { file, key, trailing }: TemplateOptions): PromptTemplate {
  const source = text.replace(trailing, '');
  const problem = templateProblem(source);
  if (problem !== undefined) {
    const { line, column, reason } = problem;
    throw settingError(
      file,
      key,
      `line ${line}, column ${column} of the template: ${reason}`,
      'Fix the Jinja template.',
    );
  }
  const template = new Template(source);
  const names = templateNames(template);
  const ranges = boundRanges(template);
  const render = boundedRenderer((variables: Readonly<Record<string, unknown>>) => template.render(variables));
  return {
    key,
    names,
    render(variables, itemId) {
      try {
        const given = Object.entries(variables).filter(([name]) => !jinjaNames.includes(name));
        return render({ ...Object.fromEntries(given), ...ranges() });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw settingError(file, key, `can't be rendered for row "${itemId}": ${reason}`);
      }
    },
  };
}
