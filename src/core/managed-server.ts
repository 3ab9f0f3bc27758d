import * as z from 'zod';

export const serverPresetNames = ['vllm', 'sglang', 'llama-server', 'ollama'] as const;
export type ServerPresetName = (typeof serverPresetNames)[number];

/** A server that perbench starts for a model and stops again: `server` of a model in a suite file. */
export const managedServerSchema = z
  .strictObject({
    preset: z.enum(serverPresetNames).optional().describe('server whose command line perbench builds'),
    command: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('program and arguments, no shell; {port}, {host}, {model} and {file} are filled in'),
    program: z.string().min(1).optional().describe("path of the preset's program"),
    arguments: z.array(z.string()).default([]).describe('further arguments of the preset'),
    environment: z.record(z.string(), z.string()).default({}).describe('environment variables added to yours'),
    servedName: z.string().min(1).optional().describe('name that requests carry; by default the name of the model'),
    tensorParallel: z.int().min(1).max(64).default(1).describe('GPUs over which each layer is split'),
    gpus: z.array(z.string().min(1)).min(1).optional().describe('GPUs that the server may see, by index or UUID'),
    dtype: z.enum(['auto', 'float16', 'bfloat16', 'float32']).default('auto').describe('type of the weights'),
    contextTokens: z.int().min(64).optional().describe("tokens per sequence; by default the suite's"),
    sequences: z.int().min(1).optional().describe('sequences at once; by default the concurrency of the suite'),
    memoryShare: z.number().gt(0).max(1).optional().describe('share of each GPU that the server may take'),
    kvCacheGiB: z
      .number()
      .positive()
      .optional()
      .describe('key-value cache per GPU; the same for every model is fairest'),
    prefixCaching: z.boolean().default(false).describe('let the server reuse prefixes between requests'),
    port: z.int().min(1).max(65_535).optional().describe('port; by default a free one'),
    healthPath: z.string().startsWith('/').optional().describe('path that answers 200 when the server is ready'),
    startSeconds: z.number().positive().default(1200).describe('longest time from start to ready'),
    stopSeconds: z.number().positive().default(15).describe('time to end by itself before it is killed'),
  })
  .refine(({ preset, command }) => (preset === undefined) !== (command === undefined), {
    message: 'server needs either preset or command',
  })
  .refine(({ preset, tensorParallel }) => tensorParallel === 1 || (preset !== 'llama-server' && preset !== 'ollama'), {
    message: 'llama-server and ollama split a model by layers: name its GPUs as gpus, without tensorParallel',
    path: ['tensorParallel'],
  });

export type ManagedServer = z.output<typeof managedServerSchema>;

/** Whether the server is given a GGUF file, which perbench fetches; others fetch what they serve themselves. */
export function isFileServer({ preset, command = [] }: Pick<ManagedServer, 'preset' | 'command'>): boolean {
  return preset === 'llama-server' || command.some((word) => word.includes('{file}'));
}
