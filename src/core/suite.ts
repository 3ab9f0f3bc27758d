import * as z from 'zod';
import { serverSchema } from './managed-server.ts';
import { shapeOf } from './settings.ts';
import { modelSettings, suiteSettings } from './suite-settings.ts';
import { taskDefinitionSchema } from './task-definition.ts';

/**
 * Schema of suite files, and what `defineSuite` takes: models x tasks under one protocol.
 * Strict: an unknown key is an error. Times are seconds here, for people; milliseconds inside.
 */
export const suiteSchema = z.strictObject(shapeOf(suiteSettings, z));

/** `server` of a model. */
export const managedServerSchema = serverSchema(z);

/** A suite as a person writes it. */
export type SuiteInput = z.input<typeof suiteSchema>;

/** A suite with every default filled in. */
export type Suite = z.output<typeof suiteSchema>;

/** A model of a suite. */
export type ModelEntry = Exclude<Suite['models'][number], string>;

const modelSchema = z.strictObject(shapeOf(modelSettings, z));

/** A model of a suite, its short form written out. */
export function modelEntry(model: Suite['models'][number]): ModelEntry {
  return typeof model === 'string' ? modelSchema.parse({ source: model }) : model;
}

export type ProtocolName = Suite['protocol'];

/** Types a suite written in TypeScript; checks nothing: `run` does. */
export function defineSuite(suite: SuiteInput): SuiteInput {
  return suite;
}

/** JSON schema of suite files, for editors; in the package as schemas/suite.schema.json. */
export function suiteJsonSchema(): object {
  return {
    ...z.toJSONSchema(suiteSchema, { io: 'input' }),
    title: 'perbench suite',
    description: 'Models x tasks under one protocol; see perbench schema and docs/cli.md.',
  };
}

/** JSON schema of task files, for editors; in the package as schemas/task.schema.json. */
export function taskJsonSchema(): object {
  const task = taskDefinitionSchema(z);
  return {
    ...z.toJSONSchema(z.union([task, z.array(task)]), { io: 'input' }),
    title: 'perbench task file',
    description: 'A task of your own, or a list of them; see docs/own-tasks.md.',
  };
}
