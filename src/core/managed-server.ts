import type * as z from 'zod';
import { choice, flag, real, section, shapeOf, text, whole, type ShapeOf, type Zod } from './settings.ts';

export const serverPresetNames = ['vllm', 'sglang', 'llama-server', 'ollama'] as const;
export type ServerPresetName = (typeof serverPresetNames)[number];

const answers = (label: string) => ({ decides: 'both', inKey: 'content', label }) as const;
const speed = (label: string) => ({ decides: 'performance', inKey: 'content', label }) as const;
const nothing = { decides: 'nothing' } as const;

/** A server that perbench starts for a model and stops again: `server` of a model in a suite file. */
export const serverSettings = {
  preset: choice(serverPresetNames, { ...answers('server'), help: 'server whose command line perbench builds' }),
  command: section((zod) => zod.array(zod.string().min(1)).min(1), {
    ...answers('command of the server'),
    help: 'program and arguments, no shell; {port}, {host}, {model} and {file} are filled in',
  }),
  program: text({ ...answers('program of the server'), help: "path of the preset's program" }),
  arguments: section((zod) => zod.array(zod.string()), {
    ...answers('further arguments of the server'),
    fallback: [],
    help: 'further arguments of the preset',
  }),
  environment: section((zod) => zod.record(zod.string(), zod.string()), {
    ...answers('environment of the server'),
    fallback: {},
    help: 'environment variables added to yours',
  }),
  servedName: text({ ...nothing, help: 'name that requests carry', otherwise: 'the name of the model' }),
  tensorParallel: whole({
    ...speed('GPUs over which each layer is split'),
    min: 1,
    max: 64,
    fallback: 1,
    help: 'GPUs over which each layer is split',
  }),
  gpus: section((zod) => zod.array(zod.string().min(1)).min(1), {
    ...speed('GPUs of the server'),
    help: 'GPUs that the server may see, by index or UUID',
  }),
  dtype: choice(['auto', 'float16', 'bfloat16', 'float32'], {
    ...answers('type of the weights'),
    fallback: 'auto',
    help: 'type of the weights',
  }),
  contextTokens: whole({
    ...speed('tokens per sequence at the server'),
    min: 64,
    help: 'tokens per sequence',
    otherwise: "the suite's",
  }),
  sequences: whole({
    ...speed('sequences at once at the server'),
    min: 1,
    help: 'sequences at once',
    otherwise: 'the concurrency of the suite',
  }),
  memoryShare: real({
    ...speed('share of each GPU for the server'),
    above: 0,
    max: 1,
    help: 'share of each GPU that the server may take',
  }),
  kvCacheGiB: real({
    ...speed('key-value cache per GPU, GiB'),
    above: 0,
    help: 'key-value cache per GPU; the same for every model is fairest',
  }),
  prefixCaching: flag({
    ...speed('prefixes reused by the server'),
    fallback: false,
    help: 'let the server reuse prefixes between requests',
  }),
  port: whole({ ...nothing, min: 1, max: 65_535, help: 'port', otherwise: 'a free one' }),
  healthPath: section((zod) => zod.string().startsWith('/'), {
    ...nothing,
    help: 'path that answers 200 when the server is ready',
  }),
  startSeconds: real({ ...nothing, above: 0, fallback: 1200, help: 'longest time from start to ready' }),
  stopSeconds: real({ ...nothing, above: 0, fallback: 15, help: 'time to end by itself before it is killed' }),
} as const;

export function serverSchema(zod: Zod): z.ZodObject<ShapeOf<typeof serverSettings>, z.core.$strict> {
  return zod
    .strictObject(shapeOf(serverSettings, zod))
    .refine(({ preset, command }) => (preset === undefined) !== (command === undefined), {
      message: 'server needs either preset or command',
    })
    .refine(
      ({ preset, tensorParallel }) => tensorParallel === 1 || (preset !== 'llama-server' && preset !== 'ollama'),
      {
        message: 'llama-server and ollama split a model by layers: name its GPUs as gpus, without tensorParallel',
        path: ['tensorParallel'],
      },
    );
}

export type ManagedServer = z.output<ReturnType<typeof serverSchema>>;

/** Whether the server is given a GGUF file, which perbench fetches; others fetch what they serve themselves. */
export function isFileServer({ preset, command = [] }: Pick<ManagedServer, 'preset' | 'command'>): boolean {
  return preset === 'llama-server' || command.some((word) => word.includes('{file}'));
}
