import { breakText } from './text-width.ts';
import { plainText } from './sanitise.ts';

/** Ways to write down how a model is served. */
export const servingForms = ['shell', 'docker', 'kubernetes', 'modelfile'] as const;
export type ServingForm = (typeof servingForms)[number];

/** How a measured model is served. Sentences are without their full stop. */
export interface Serving {
  readonly model: string;
  readonly runId: string;
  /** The program that serves it, such as `llama-server`. */
  readonly server: string;
  readonly form: ServingForm;
  /** What is executed, applied or created; without comments. */
  readonly command: string;
  /** What must be there first. */
  readonly before: readonly string[];
  /** What requests must carry, so that answers are those that were measured. */
  readonly requests: readonly string[];
  readonly measured: readonly string[];
  readonly notMeasured: readonly string[];
}

/** The parts of what is said about a command, with their headings; those that say nothing are left out. */
export function servingParts(
  serving: Serving,
): readonly { readonly heading: string; readonly texts: readonly string[] }[] {
  const { before, requests, measured, notMeasured } = serving;
  return [
    { heading: 'First', texts: before },
    { heading: 'Requests', texts: requests },
    { heading: 'Measured', texts: measured },
    { heading: 'Not measured', texts: notMeasured },
  ].filter(({ texts }) => texts.length > 0);
}

const commentWidth = 96;

/** @param isCopied it has commands and paths, which are of use in one piece */
function commentLines(text: string, isCopied: boolean): readonly string[] {
  return isCopied ? [plainText(text)] : breakText(plainText(text), commentWidth - 4);
}

/**
 * The command with what is said about it as comments below: a script, a manifest or a Modelfile, which all take lines
 * that begin with `#`.
 */
export function servingText(serving: Serving): string {
  const { model, runId, command } = serving;
  const about = servingParts(serving).flatMap(({ heading, texts }) => [
    `${heading}:`,
    ...texts.flatMap((text) =>
      commentLines(text, texts === serving.before).map((line, at) => (at === 0 ? '- ' : '  ') + line),
    ),
  ]);
  const comments = [plainText(`${model} as measured in run ${runId}`), ...about].map((line) => `# ${line}\n`);
  return `${command}\n\n${comments.join('')}`;
}
