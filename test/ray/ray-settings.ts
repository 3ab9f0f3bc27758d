import * as z from 'zod';
import { raySettings } from '../../src/core/cluster-settings.ts';
import { shapeOf } from '../../src/core/settings.ts';
import type { RaySettings } from '../../src/launchers/ray/submission.ts';

/** `cluster.ray` of a suite that says only this. */
export function raySettingsOf(given: Partial<RaySettings>): RaySettings {
  return z.strictObject(shapeOf(raySettings, z)).parse(given);
}
