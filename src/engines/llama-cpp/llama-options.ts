import * as z from 'zod';
import { llamaSchema } from '../../core/llama-settings.ts';

/** `engineOptions` of a model of the llama engine, with defaults filled in. */
export const llamaOptionsSchema = llamaSchema(z);
