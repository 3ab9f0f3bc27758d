import * as z from 'zod';
import { parseGoodput } from './load.ts';
import { managedServerSchema } from './managed-server.ts';
import { gateLimitsSchema } from './limits-schema.ts';

/**
 * Schema of suite files, and what `defineSuite` takes: models x tasks under one protocol.
 * Strict: an unknown key is an error. Times are seconds here, for people; milliseconds inside.
 */
const modelEntry = z.union([
  z.string().min(1).describe('catalogue name, path, hf:owner/repo/file.gguf, pip:package==version/path, or a URL'),
  z.strictObject({
    name: z.string().min(1).optional().describe('name in tables; by default the catalogue name or the file name'),
    source: z.string().min(1).describe('catalogue name, path, hf:, pip: or URL with #sha256='),
    style: z
      .enum(['auto', 'instruct', 'base'])
      .default('auto')
      .describe('chat template (instruct) or plain prompts (base)'),
    engine: z.string().default('llama').describe('what runs the model'),
    server: managedServerSchema.optional().describe('a server that perbench starts for the model, and stops again'),
    engineOptions: z.record(z.string(), z.unknown()).default({}).describe('options that only the engine knows'),
  }),
]);

const taskEntry = z.union([
  z.string().min(1).describe('task id or short name: gsm8k, gsm8k/per@1, all'),
  z.strictObject({
    task: z.string().min(1).describe('task id or short name'),
    shots: z.int().min(0).max(64).optional().describe("examples in each prompt; by default the protocol's own"),
    limit: z.int().positive().optional().describe('items of this task; overrides the suite'),
    gates: gateLimitsSchema.optional().describe('limits of this task for perbench gate; override those of the suite'),
  }),
]);

export const suiteSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).default('perbench').describe('name of the suite, shown in lists'),
  models: z.array(modelEntry).min(1).describe('models to compare'),
  tasks: z.array(taskEntry).min(1).default(['all']).describe('tasks to run'),
  dataDir: z.string().optional().describe('folder with the data sets; relative to this file'),
  protocol: z.enum(['serving', 'paper']).default('serving').describe('how measurements are taken'),
  limit: z.int().positive().optional().describe('items per task, in a seeded random order; by default all'),
  seed: z.int().min(0).max(4_294_967_295).default(1).describe('seed of every random order'),
  concurrency: z
    .union([z.int().min(1).max(512), z.literal('auto')])
    .default(16)
    .describe('sequences at once, or auto: doubled until throughput gains less than 5 %'),
  launches: z.int().min(1).max(20).default(3).describe('engine starts over which performance is repeated'),
  windowSeconds: z.number().positive().max(3600).default(20).describe('length of each throughput window'),
  latencyRequests: z.int().min(1).max(100_000).default(24).describe('requests of each latency pass, one at a time'),
  latencySeconds: z.number().positive().max(3600).default(20).describe('longest time of each latency pass'),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('CPU threads of the engine; by default the cores of this machine'),
  contextTokens: z
    .int()
    .min(64)
    .optional()
    .describe("tokens per sequence; by default what the items need, up to the model's limit"),
  hangSeconds: z.number().positive().default(300).describe('an engine without any progress for so long is stopped'),
  clientProcesses: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('processes that ask a server; more than one where windows are client_bound'),
  requestRate: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('requests per second, offered as a Poisson process in the throughput pass; by default a closed loop'),
  goodput: z
    .string()
    .refine((text) => parseGoodput(text) !== undefined, 'expected limits such as ttft:500ms,tpot:50ms')
    .optional()
    .describe('limits of time to first token, per token and end to end under which a request counts as good'),
  gates: gateLimitsSchema.optional().describe('limits for perbench gate; they change no result'),
  pricePerHour: z
    .number()
    .positive()
    .optional()
    .describe('price of one GPU (of the host without one) for an hour: adds the price of 1,000 answers'),
  decide: z
    .string()
    .min(1)
    .optional()
    .describe('stop as soon as this is decided: winner, or cheapest with accuracy >= 0.7; see docs/deciding.md'),
  confidence: z.number().gt(0.5).lt(1).default(0.95).describe('how sure a decision must be'),
  skipInvalid: z.boolean().default(false).describe('run without rows that do not fit the schema'),
});

/** A suite as a person writes it. */
export type SuiteInput = z.input<typeof suiteSchema>;

/** A suite with every default filled in. */
export type Suite = z.output<typeof suiteSchema>;

export type ProtocolName = Suite['protocol'];

/** Types a suite written in TypeScript; checks nothing: `run` does. */
export function defineSuite(suite: SuiteInput): SuiteInput {
  return suite;
}
