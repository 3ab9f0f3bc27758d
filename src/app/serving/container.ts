import { basename, isAbsolute } from 'node:path';
import type { ServerPresetName } from '../../core/managed-server.ts';
import type { ServeCommandLine } from './build-command.ts';
import { measuredServer } from './choose-server.ts';
import { type CommandWord, shellLines, variablesOf } from './command-word.ts';
import type { PlaceFile } from './llama-server-arguments.ts';
import type { MeasuredSetup } from './measured-setup.ts';

/** A file of this machine and where it is in the container. */
export interface Mount {
  readonly from: string;
  readonly to: string;
}

/** Letters that mean something to Docker, Kubernetes or a server, such as `:` and `,`, are replaced. */
export const placeInContainer: PlaceFile = (role, path) => `/${role}/${basename(path).replaceAll(/[^\w.-]/gu, '_')}`;

/** Every file that the server reads. */
export function mountsOf({ file, folder, draft, options }: MeasuredSetup): readonly Mount[] {
  const template = options?.chatTemplate;
  const of = (role: Parameters<PlaceFile>[0], paths: readonly string[]): readonly Mount[] =>
    paths.map((from) => ({ from, to: placeInContainer(role, from) }));
  return [
    ...of('models', file?.files ?? (folder === undefined ? [] : [folder])),
    ...of('draft', draft?.files ?? []),
    ...of('template', template === undefined ? [] : [template]),
  ];
}

/** By which library the GPU computes, as far as containers differ by it; `other`: Metal, ROCm and the like. */
export type GpuKind = 'none' | 'cuda' | 'vulkan' | 'other';

export function gpuKind({ isOnGpu, engine, facts, run }: MeasuredSetup): GpuKind {
  if (!isOnGpu) return 'none';
  if (engine !== 'llama')
    return run.manifest.host.gpus.some((gpu) => /amd|radeon|instinct/iu.test(gpu)) ? 'other' : 'cuda';
  const has = (name: string): boolean => facts.devices?.some((device) => device.startsWith(name)) === true;
  return has('CUDA') ? 'cuda' : has('Vulkan') ? 'vulkan' : 'other';
}

/** Whether weights are fetched from the hub when the container starts. */
export function isFromHub({ file, folder }: MeasuredSetup): boolean {
  return file === undefined && folder === undefined;
}

/** The image of a program, of the version that was measured where that is known and has one. */
export function imageOf(
  setup: MeasuredSetup,
  chosen: Exclude<ServerPresetName, 'ollama'>,
): { readonly image: string; readonly isPinned: boolean } {
  const build = measuredServer(setup) === chosen ? setup.facts.engineBuild?.slice(chosen.length + 1) : undefined;
  if (chosen === 'llama-server') {
    const [number] = /^b[1-9]\d{3,}/u.exec(build ?? '') ?? [];
    const gpu = gpuKind(setup);
    const tag = `server${gpu === 'none' ? '' : `-${gpu}`}${number === undefined ? '' : `-${number}`}`;
    return { image: `ghcr.io/ggml-org/llama.cpp:${tag}`, isPinned: number !== undefined };
  }
  const [version] = /^\d+\.\d+\.\d+(?:\.post\d+)?$/u.exec(build ?? '') ?? [];
  const name = { vllm: 'vllm/vllm-openai', sglang: 'lmsysorg/sglang' }[chosen];
  return { image: `${name}:${version === undefined ? 'latest' : `v${version}`}`, isPinned: version !== undefined };
}

/** The program of llama.cpp's image is its entry point; those of the others are named. */
export function programAndArguments(
  { words }: ServeCommandLine,
  chosen: ServerPresetName,
): { readonly program: readonly CommandWord[]; readonly rest: readonly CommandWord[] } {
  const length = chosen === 'sglang' ? 3 : 1;
  return { program: words.slice(0, length), rest: words.slice(length) };
}

/** NVIDIA GPUs that the server needs. */
export function gpuCount(setup: MeasuredSetup): number {
  if (gpuKind(setup) !== 'cuda') return 0;
  const { server, facts } = setup;
  return Math.max(server?.gpus?.length ?? 1, server?.tensorParallel ?? 1, facts.deviceCount ?? 1);
}

/** Where a container keeps what it fetches from the hub, whoever its user is. */
export const hubCache = '/hub';
/** Tells the hub's client so. */
export const hubEnvironment = { HF_HOME: hubCache } as const;

/** A field of the comma-separated text that `--mount` takes. */
function mountField(text: string): string {
  return /[",]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function mountFlags(setup: MeasuredSetup): readonly CommandWord[] {
  return mountsOf(setup).flatMap(({ from, to }): CommandWord[] => {
    const target = `,dst=${to},readonly`;
    if (isAbsolute(from)) return [['--mount'], [`type=bind,${mountField(`src=${from}`)}${target}`]];
    return [['--mount'], ['type=bind,src=', { variable: 'PWD' }, `/${from}${target}`]];
  });
}

function gpuFlags(setup: MeasuredSetup): readonly CommandWord[] {
  const gpus = setup.server?.gpus;
  switch (gpuKind(setup)) {
    case 'cuda':
      return [['--gpus'], [gpus === undefined ? 'all' : `"device=${gpus.join(',')}"`]];
    case 'vulkan':
      return [['--device'], ['/dev/dri']];
    default:
      return [];
  }
}

/** `docker run` with the files, GPUs and variables that the server needs. */
export function dockerText(
  setup: MeasuredSetup,
  chosen: Exclude<ServerPresetName, 'ollama'>,
  line: ServeCommandLine,
  name: string,
): string {
  const { environment, secrets, port } = line;
  const { program, rest } = programAndArguments(line, chosen);
  const fromHub = isFromHub(setup);
  const { CUDA_VISIBLE_DEVICES: _, CUDA_DEVICE_ORDER: __, ...values } = environment;
  const [entry = [], ...before] = program;
  const flags: readonly CommandWord[] = [
    ['docker'],
    ['run'],
    ['--rm'],
    ['--name'],
    [name],
    ['--publish'],
    [`127.0.0.1:${port}:${port}`],
    ...mountFlags(setup),
    ...(fromHub ? [['--volume'], [{ variable: 'HOME' }, `/.cache/huggingface:${hubCache}`]] : []),
    ...gpuFlags(setup),
    ...(chosen !== 'llama-server' ? [['--ipc'], ['host']] : []),
    ...Object.entries({ ...(fromHub && hubEnvironment), ...values }).flatMap(([variable, value]): CommandWord[] => [
      ['--env'],
      [`${variable}=${value}`],
    ]),
    ...secrets.flatMap((variable): CommandWord[] => [['--env'], [variable]]),
    ...(fromHub && !secrets.includes('HF_TOKEN') ? [['--env'], ['HF_TOKEN']] : []),
    ...(chosen === 'llama-server' ? [] : [['--entrypoint'], entry]),
  ];
  const lines = [shellLines(flags), shellLines([[imageOf(setup, chosen).image], ...before, ...rest])];
  return lines.join(' \\\n  ');
}

/** Variables that whoever starts it must set. */
export function neededVariables({ words, secrets }: ServeCommandLine): readonly string[] {
  return [...new Set([...variablesOf(words), ...secrets])];
}
