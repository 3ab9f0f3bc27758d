import type { LoadedModel } from '../core/engine.ts';
import type { Cell } from '../core/cell.ts';
import type { Manifest, TakenAnswers } from '../core/manifest.ts';
import type { Store } from '../core/store.ts';
import { launchedFacts } from './content-key.ts';
import type { FirstPrompt } from './cell-work.ts';
import type { PlannedModel } from './plan.ts';

/** Changes the stored manifest of a run, one change after the other. */
export interface ManifestKeeper {
  change(change: (manifest: Manifest) => Manifest): Promise<void>;
  /** Waits for every change; throws what made one fail. */
  written(): Promise<void>;
}

export function createManifestKeeper(store: Store, runId: string): ManifestKeeper {
  let queue = Promise.resolve();
  return {
    change(change: (manifest: Manifest) => Manifest): Promise<void> {
      queue = queue.then(async () => store.changeManifest(runId, change));
      // Not everybody waits for a change: one that failed is told of by `written`, never as an unhandled rejection.
      queue.catch(() => undefined);
      return queue;
    },
    written: (): Promise<void> => queue,
  };
}

export function withModel(manifest: Manifest, { spec, facts }: PlannedModel, model: LoadedModel): Manifest {
  return { ...manifest, models: { ...manifest.models, [spec.name]: launchedFacts(facts, model.info) } };
}

export function withFirstPrompt(manifest: Manifest, cell: Cell, prompt: FirstPrompt): Manifest {
  const facts = manifest.tasks[cell.taskId];
  if (facts === undefined || facts.firstPrompts[cell.model] !== undefined) return manifest;
  const firstPrompts = { ...facts.firstPrompts, [cell.model]: prompt };
  return { ...manifest, tasks: { ...manifest.tasks, [cell.taskId]: { ...facts, firstPrompts } } };
}

/** Adds to what the cell has taken over from the same model before; its first prompt is that model's. */
export function withTakenAnswers(manifest: Manifest, cell: Cell, from: string, items: number): Manifest {
  const { model, taskId } = cell;
  const before = manifest.takenAnswers ?? [];
  const isSame = (each: TakenAnswers): boolean => each.taskId === taskId && each.model === model && each.from === from;
  const taken = { taskId, model, from, items: items + (before.find(isSame)?.items ?? 0) };
  const takenAnswers = [...before.filter((each) => !isSame(each)), taken];
  const prompt = manifest.tasks[taskId]?.firstPrompts[from];
  return { ...(prompt === undefined ? manifest : withFirstPrompt(manifest, cell, prompt)), takenAnswers };
}

export function withEvaluatedItems(manifest: Manifest, taskId: string, evaluatedItems: number): Manifest {
  const facts = manifest.tasks[taskId];
  if (facts === undefined) return manifest;
  return { ...manifest, tasks: { ...manifest.tasks, [taskId]: { ...facts, evaluatedItems } } };
}
