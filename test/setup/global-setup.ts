import { smallModel } from './small-models.ts';

/** Vitest's global set-up: one process fetches the model that most tests run, before any test starts. */
export async function setup(): Promise<void> {
  await smallModel('smollm2-135m-instruct');
}
