import type * as z from 'zod';
import { choice, flag, real, section, shapeOf, text, whole, type ShapeOf, type Zod } from './settings.ts';

export const serverPresetNames = ['vllm', 'sglang', 'llama-server', 'ollama'] as const;
export type ServerPresetName = (typeof serverPresetNames)[number];

const answers = (label: string) => ({ decides: 'both', inKey: 'content', label }) as const;
const speed = (label: string) => ({ decides: 'performance', inKey: 'content', label }) as const;
const nothing = { decides: 'nothing' } as const;

/** A server that perbench starts for a model and stops again: `server` of a model in a suite file. */
export const serverSettings = {
  preset: choice(serverPresetNames, { ...answers('server'), help: 'kind of server; perbench builds its command line' }),
  command: section((zod) => zod.array(zod.string().min(1)).min(1), {
    ...answers('server command'),
    help: 'program and arguments, without a shell; {port}, {host}, {model} and {file} are filled in',
  }),
  program: text({ ...answers('server program'), help: "path of the preset's program" }),
  arguments: section((zod) => zod.array(zod.string()), {
    ...answers('extra server arguments'),
    fallback: [],
    help: 'extra arguments for the preset',
  }),
  environment: section((zod) => zod.record(zod.string(), zod.string()), {
    ...answers('server environment'),
    fallback: {},
    help: 'environment variables to add to yours',
  }),
  servedName: text({ ...nothing, help: 'model name in requests', otherwise: 'the name of the model' }),
  tensorParallel: whole({
    ...speed('tensor parallelism'),
    min: 1,
    max: 64,
    fallback: 1,
    help: 'number of GPUs that each layer is split across',
  }),
  gpus: section((zod) => zod.array(zod.string().min(1)).min(1), {
    ...speed('GPUs of the server'),
    help: 'GPUs visible to the server, by index or UUID',
  }),
  dtype: choice(['auto', 'float16', 'bfloat16', 'float32'], {
    ...answers('data type of the weights'),
    fallback: 'auto',
    help: 'data type of the weights',
  }),
  contextTokens: whole({
    ...speed('tokens per sequence of the server'),
    min: 64,
    help: 'tokens per sequence',
    otherwise: "the suite's",
  }),
  sequences: whole({
    ...speed('max concurrency of the server'),
    min: 1,
    help: 'max concurrency of the server',
    otherwise: 'the concurrency of the suite',
  }),
  memoryShare: real({
    ...speed('GPU memory share of the server'),
    above: 0,
    max: 1,
    help: 'share of the memory of each GPU that the server may use',
  }),
  kvCacheGiB: real({
    ...speed('key-value cache per GPU, GiB'),
    above: 0,
    help: 'key-value cache per GPU; use the same for every model for a fair comparison',
  }),
  prefixCaching: flag({
    ...speed('prefix caching of the server'),
    fallback: false,
    help: 'let the server reuse prefixes across requests',
  }),
  port: whole({ ...nothing, min: 1, max: 65_535, help: 'port', otherwise: 'a free one' }),
  healthPath: section((zod) => zod.string().startsWith('/'), {
    ...nothing,
    help: 'path that answers 200 when the server is ready',
  }),
  startSeconds: real({ ...nothing, above: 0, fallback: 1200, help: 'time limit from start to ready' }),
  stopSeconds: real({ ...nothing, above: 0, fallback: 15, help: 'time to exit on its own before it is killed' }),
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
