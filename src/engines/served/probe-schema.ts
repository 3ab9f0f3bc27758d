import { ModelError } from '../../core/errors.ts';
import { jsonInside } from '../../core/json-inside.ts';
import type { PromptStyle } from '../../core/engine.ts';
import { generateOne, type ServedTarget } from './generate-request.ts';
import { harmlessPrompt } from './harmless-prompt.ts';
import { unlessRefused } from './probe-request.ts';
import { type SchemaWay, schemaWays } from './structured-output.ts';

/** What no model says by itself: an answer with it was held to the schema. */
const word = 'zq7';
const schema = {
  type: 'object',
  properties: { answer: { type: 'string', enum: [word] } },
  required: ['answer'],
  additionalProperties: false,
};
/** Room for white space that a grammar may allow. */
const schemaTokens = 64;

function isHeld(text: string): boolean {
  const value = jsonInside(text);
  return typeof value === 'object' && value !== null && 'answer' in value && value.answer === word;
}

/**
 * Finds the name under which a server takes a JSON schema and keeps to it.
 *
 * @throws {ModelError} if it does under none, with what it said
 * @throws {ServerError} if it can't be reached
 */
export async function probeSchema(
  target: ServedTarget,
  { name, promptStyle }: { readonly name: string; readonly promptStyle: PromptStyle },
  signal: AbortSignal,
): Promise<SchemaWay> {
  const { facts, connection } = target;
  const reasons: string[] = [];
  for (const schemaWay of schemaWays[facts.flavour]) {
    const request = {
      id: 'probe',
      prompt: harmlessPrompt(promptStyle),
      maxTokens: schemaTokens,
      stop: [],
      jsonSchema: schema,
    };
    const turn = { place: 0, scheduledMs: 0, signal };
    const pass = { concurrency: 1, reuse: 'none' } as const;
    const result = await unlessRefused(() => generateOne({ ...target, schemaWay }, request, pass, turn));
    if (result.status === 'done' && isHeld(result.text)) return schemaWay;
    const said =
      result.status === 'done' ? `it was ignored: ${JSON.stringify(result.text.slice(0, 60))} came` : result.message;
    reasons.push(`${schemaWay}: ${said}`);
  }
  const server = facts.flavour === 'unknown' ? 'the server' : facts.flavour;
  throw new ModelError(
    `${name}: ${server} at ${connection.baseUrl} holds no answer to a JSON schema (${reasons.join('; ')})`,
    {
      hint: 'Leave out structuredOutput, or use a server that supports it.',
    },
  );
}
