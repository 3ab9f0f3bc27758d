import type { ServerSide } from '../core/server-side.ts';
import type { RunRecord } from '../core/store.ts';
import type { Answers } from '../scoring/answer.ts';
import type { Ladder } from '../scoring/ladder.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import type { TaskEvidence } from '../scoring/task-evidence.ts';
import * as z from 'zod';
import { measurementSchema } from '../core/measurement-schema.ts';

/** What is known about the run behind the scoreboards; all of it optional, for measurements made elsewhere. */
export interface ReportRun {
  readonly id?: string;
  readonly name?: string;
  readonly createdAtMs?: number;
  readonly perbenchVersion?: string;
  readonly seed?: number;
  /** Such as `AMD EPYC 7B13, 2 cores, Linux 6.1`. */
  readonly host?: string;
}

/** Results as they are shown and written: the same for every format. */
export interface Report {
  readonly run?: ReportRun;
  readonly scoreboards: readonly Scoreboard[];
  /** Which model to take, of each scoreboard and for all. */
  readonly answers?: Answers;
  /** Of a run that names a base, in its question or by losses: its models against that, task by task. */
  readonly ladders?: readonly Ladder[];
  /** What servers told of themselves, task by task; absent where no model was at a server that tells. */
  readonly servers?: readonly ServerSide[];
  /** Sentences that concern the whole report, shown below it. */
  readonly notes?: readonly string[];
  /** What is behind it, for formats that show more than tables. */
  readonly sources?: ReportSources;
}

export interface ReportSources {
  readonly runs: readonly RunRecord[];
  /** As many as scoreboards, in the same order. */
  readonly evidence: readonly (TaskEvidence | undefined)[];
}

const measurement = measurementSchema.optional();

const factors = z.object({
  accuracy: z.number(),
  throughput: z.number(),
  latency: z.number(),
  memory: z.number(),
});

const flag = z.object({
  code: z.string().describe('such as worst, doubtful, small_set; docs/scores.md lists them'),
  factor: z.enum(['accuracy', 'throughput', 'latency', 'memory']).optional(),
  text: z.string().describe('what it means for the reader'),
});

const row = z.looseObject({
  rank: z.number().optional().describe('by PER: 1, 2, 2, 4; absent without a score'),
  model: z.string(),
  state: z.enum(['pending', 'running', 'done', 'failed', 'unavailable']),
  per: z.number().optional().describe('performance-efficiency ratio over the models of this scoreboard'),
  perAnchored: z.number().optional().describe('the same against fixed anchors'),
  accuracy: measurement,
  throughput: measurement,
  latency: measurement,
  memory: measurement,
  factors: factors.optional().describe('scaled to [0, 1] over this scoreboard; larger is better'),
  anchored: z.object({ factors, score: z.number(), rank: z.number().optional() }).optional(),
  extra: z.record(z.string(), measurementSchema).optional().describe('further metrics of the task, by name'),
  flags: z.array(flag),
  warnings: z.array(z.object({ metric: z.string(), reason: z.string(), detail: z.string() })),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});

const unit = z.string().optional();

const scoreboard = z.looseObject({
  task: z.string().describe('name, protocol and version, such as gsm8k/per@2'),
  title: z.string().optional(),
  metric: z.string().optional().describe('headline metric of the task'),
  protocol: z.enum(['serving', 'paper']).optional().describe('absent for measurements made elsewhere'),
  scores: z.array(z.string()).describe('versions of the scores that were computed'),
  units: z.object({ accuracy: unit, throughput: unit, latency: unit, memory: unit }),
  flags: z.array(flag),
  rows: z.array(row).describe('by rank; models without a score last'),
});

/**
 * Schema of results files, `perbench … -o results.json`: lenient, so that files of a newer version still fit. What isn't
 * known is left out, never null or 0.
 */
export const reportSchema = z.looseObject({
  $schema: z.string().optional(),
  schema: z
    .literal('perbench-report/1')
    .describe('raised when a reader of older files would misunderstand a newer one'),
  run: z
    .looseObject({
      id: z.string().optional(),
      name: z.string().optional(),
      createdAtMs: z.number().optional().describe('Unix time'),
      perbenchVersion: z.string().optional(),
      seed: z.number().optional(),
      host: z.string().optional(),
    })
    .optional(),
  scoreboards: z.array(scoreboard),
  notes: z.array(z.string()).optional(),
});

/** JSON schema of results files, for editors and other programs; in the package as schemas/results.schema.json. */
export function reportJsonSchema(): object {
  return {
    ...z.toJSONSchema(reportSchema, { io: 'input' }),
    title: 'perbench results',
    description: 'Scoreboards of one or more runs, in base units; see docs/interop.md.',
  };
}
