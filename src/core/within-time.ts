import { createContext, Script } from 'node:vm';

// Only inside a script of its own can JavaScript that doesn't end be ended.
const script = new Script('work()');
const context = createContext({ work: undefined });

/**
 * Does something that may not end, such as rendering a template of somebody else; synchronous.
 *
 * @returns undefined where it took longer than `limitMs`, and was ended
 */
export function withinTime<Value>(limitMs: number, work: () => Value): { readonly value: Value } | undefined {
  context['work'] = work;
  try {
    // The script returns what `work` does.
    return { value: script.runInContext(context, { timeout: limitMs }) as Value };
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  } finally {
    context['work'] = undefined;
  }
}

/** Time that a template may take to render: none needs more than a few milliseconds. */
const templateLimitMs = 5_000;

/**
 * A renderer whose templates all end: once one took too long, the others aren't waited for either.
 *
 * @throws {Error} where it takes longer than `limitMs`
 */
export function boundedRenderer<Parameters extends readonly unknown[]>(
  render: (...parameters: Parameters) => string,
  limitMs: number = templateLimitMs,
): (...parameters: Parameters) => string {
  let isEndless = false;
  return (...parameters) => {
    const rendered = isEndless ? undefined : withinTime(limitMs, () => render(...parameters));
    if (rendered !== undefined) return rendered.value;
    isEndless = true;
    throw new Error(`it took longer than ${limitMs / 1000} s: a loop in it may have no end`);
  };
}
