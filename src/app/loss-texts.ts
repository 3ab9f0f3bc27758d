/** What loss is taken on: answers of the base that a run has stored, or a text file. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import * as z from 'zod';
import type { PromptStyle, LossText } from '../core/engine.ts';
import { type LossSource, usualChunkTokens } from '../core/loss.ts';
import type { Sample } from '../core/sample.ts';
import type { Store } from '../core/store.ts';
import { readBytes } from '../files/read-file.ts';
import { buildGenerateRequest, buildLikelihoodRequest } from '../run/ask-items.ts';
import type { PlannedTask } from '../run/plan.ts';
import { settingsText } from './settings-text.ts';

/** Texts for a pair of models, made anew for each pair. */
export interface LossTexts {
  readonly source: LossSource;
  /** As people call it. */
  readonly title: string;
  /** Prompts or chunks, at most. */
  readonly count: number;
  /** @param leftOut hears why an item has nothing that could be compared */
  readonly texts: (style: PromptStyle, leftOut: (reason: string) => void) => AsyncIterable<LossText>;
}

export interface TextFile {
  /** Absolute. */
  readonly file: string;
  /** Tokens of a chunk; by default {@link usualChunkTokens}. */
  readonly chunkTokens?: number | undefined;
}

/**
 * A text file of the user, in chunks.
 *
 * @throws {ConfigError} if it isn't UTF-8
 * @throws the error of the file system, if it can't be read
 */
export async function fileTexts(
  { file, chunkTokens = usualChunkTokens }: TextFile,
  chunks: number,
): Promise<LossTexts> {
  const bytes = await readBytes(file);
  const name = basename(file);
  const text = settingsText(bytes, name);
  return {
    source: { kind: 'text', name, sha256: createHash('sha256').update(bytes).digest('hex') },
    title: name,
    count: chunks,
    async *texts() {
      yield { id: name, kind: 'plain', text, chunkTokens, chunks };
    },
  };
}

const logLikelihoods = z.array(z.number()).min(1);

/** The continuation that the base finds the most likely: its answer, before a task makes allowance for lengths. */
function likeliest({ output }: Sample, continuations: readonly string[]): string | undefined {
  const sums = logLikelihoods.parse(JSON.parse(output));
  return continuations[sums.indexOf(Math.max(...sums))];
}

/** Why a stored answer can't be compared; undefined where it can. */
function whyNot({ failure, cut, output, thoughts, thinkingTokens }: Sample): string | undefined {
  if (failure !== undefined && failure.reason !== 'scorer') return 'the base failed on it';
  if (thoughts !== undefined || thinkingTokens !== undefined) return 'the base thought before it answered';
  if (cut !== undefined || output.trim() === '') return 'the base gave no answer';
  return undefined;
}

function lossText(planned: PlannedTask, sample: Sample, style: PromptStyle): LossText | undefined {
  const { task } = planned;
  const { itemId: id, position, output: answer } = sample;
  if (task.kind === 'generate') {
    const { prompt } = buildGenerateRequest(planned, task, position, style);
    return { id, kind: 'answer', prompt, answer };
  }
  const { context, continuations } = buildLikelihoodRequest(planned, task, position);
  const continuation = likeliest(sample, continuations);
  return continuation === undefined ? undefined : { id, kind: 'continuation', context, continuation };
}

/**
 * The first items of a task in its drawn order that the base has answered, each with the base's answer.
 *
 * @param cellId of the base
 */
export function taskTexts(
  store: Pick<Store, 'sample'>,
  cellId: string,
  planned: PlannedTask,
  items: number,
): LossTexts {
  const { task, order } = planned;
  return {
    source: { kind: 'task', taskId: task.id },
    title: task.id,
    count: Math.min(items, order.length),
    async *texts(style, leftOut) {
      let taken = 0;
      for (const position of order) {
        if (taken === items) return;
        const sample = await store.sample(cellId, task.itemId(planned.items[position]));
        // A run that was stopped, or a race, hasn't asked them all.
        if (sample === undefined) continue;
        taken += 1;
        const reason = whyNot(sample);
        const text = reason === undefined ? lossText(planned, sample, style) : undefined;
        if (text === undefined) leftOut(reason ?? 'the base gave no answer');
        else yield text;
      }
    },
  };
}
