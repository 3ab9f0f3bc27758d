import type { ModelSpec } from '../../core/engine.ts';
import { ModelError } from '../../core/errors.ts';

/** What the user's own template arguments say of thinking. */
export interface SaidThinking {
  /** Of the argument. */
  readonly name: string;
  readonly isOn: boolean;
}

/**
 * What the user's own template arguments say of thinking, by the names that most templates have; undefined where nothing.
 * Needs no server.
 *
 * @throws {ModelError} if the setting says the contrary
 */
export function saidByArguments({
  name: model,
  thinking: choice = 'auto',
  templateArgs = {},
}: Pick<ModelSpec, 'name' | 'thinking' | 'templateArgs'>): SaidThinking | undefined {
  const name = ['enable_thinking', 'thinking'].find((each) => typeof templateArgs[each] === 'boolean');
  if (name === undefined) return undefined;
  const isOn = templateArgs[name] === true;
  const asked = choice === 'off' ? 'off' : 'on';
  if (choice !== 'auto' && isOn !== (asked === 'on')) {
    throw new ModelError(`${model}: thinking is ${asked}, but templateArgs set ${name} to ${isOn}`, {
      hint: 'Leave out one of the two.',
    });
  }
  return { name, isOn };
}
