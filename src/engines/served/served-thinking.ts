import type { Thinking } from '../../core/engine.ts';
import type { ThoughtShape } from '../../core/thought-shapes.ts';

/**
 * How a model goes on from thoughts that it is given. `rendered`: the server renders the prompt, and what follows is added
 * to it here; `message`: they are the beginning of the assistant's message.
 */
export type ContinueWay = 'rendered' | 'message';

/** What is done about thinking in each request; plain data. */
export interface ServedThinking {
  readonly mode: Thinking['mode'];
  /** Tokens of thoughts; only where it is on. */
  readonly budget: number | undefined;
  /** Fields of a chat's body that turn it on or off, and template arguments. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The block that the rendered prompt ends inside of; `unknown` where nobody can see it. */
  readonly opened: ThoughtShape | 'unknown' | undefined;
  /** How thoughts are marked where an answer doesn't show it. */
  readonly shape: ThoughtShape;
  /** Undefined where the server can't go on: what passes the budget is cut. */
  readonly continues: ContinueWay | undefined;
  /** Written behind the rendered prompt: closes a block that the template opened, unthought. */
  readonly suffix: string;
}
