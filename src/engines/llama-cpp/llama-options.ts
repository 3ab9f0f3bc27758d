import * as z from 'zod';
import { deviceChoices } from './library-location.ts';

/** Options of the llama engine, under `engineOptions` of a model. */
export const llamaOptionsSchema = z.strictObject({
  device: z.enum(deviceChoices).default('cpu'),
  kernels: z.string().optional(),
});
