import { splitThoughts } from '../core/split-thoughts.ts';

/** What a model answers, without thoughts that came as a part of it; nothing where they never ended. */
export function answerOnly(output: string): string {
  return splitThoughts(output, { startsInside: 'unknown' }).answer;
}
