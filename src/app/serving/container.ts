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

export const placeInContainer: PlaceFile = (role, path) => `/${role}/${basename(path)}`;

/** Every file that the server reads. */
export function mountsOf({ file, draft, options }: MeasuredSetup): readonly Mount[] {
  const template = options?.chatTemplate;
  const of = (role: Parameters<PlaceFile>[0], paths: readonly string[]): readonly Mount[] =>
    paths.map((from) => ({ from, to: placeInContainer(role, from) }));
  return [
    ...of('models', file?.files ?? []),
    ...of('draft', draft?.files ?? []),
    ...of('template', template === undefined ? [] : [template]),
  ];
}

/** What kind of GPU an image of llama.cpp must be made for; empty for the CPU. */
function imageKind({ isOnGpu, facts }: MeasuredSetup): string {
  if (!isOnGpu) return '';
  return facts.devices?.some((device) => /vulkan/iu.test(device)) === true ? '-vulkan' : '-cuda';
}

/** The image of a program, of the version that was measured where that is known and has one. */
export function imageOf(
  setup: MeasuredSetup,
  chosen: Exclude<ServerPresetName, 'ollama'>,
): { readonly image: string; readonly isPinned: boolean } {
  const build = measuredServer(setup) === chosen ? setup.facts.engineBuild?.slice(chosen.length + 1) : undefined;
  if (chosen === 'llama-server') {
    const [number] = /^b[1-9]\d{3,}/u.exec(build ?? '') ?? [];
    const tag = `server${imageKind(setup)}${number === undefined ? '' : `-${number}`}`;
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

/** GPUs that the server needs; 0 on the CPU. */
export function gpuCount({ isOnGpu, server, facts }: MeasuredSetup): number {
  if (!isOnGpu) return 0;
  return Math.max(server?.gpus?.length ?? 1, server?.tensorParallel ?? 1, facts.deviceCount ?? 1);
}

const hubCache = '/root/.cache/huggingface';

/** `docker run` with the files, GPUs and variables that the server needs. */
export function dockerText(
  setup: MeasuredSetup,
  chosen: Exclude<ServerPresetName, 'ollama'>,
  line: ServeCommandLine,
  name: string,
): string {
  const { environment, secrets, port } = line;
  const { program, rest } = programAndArguments(line, chosen);
  const isFromHub = setup.file === undefined;
  const gpus = setup.server?.gpus;
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
    ...mountsOf(setup).flatMap(({ from, to }): CommandWord[] => [
      ['--volume'],
      // A name alone would be a volume of Docker's own.
      [...(isAbsolute(from) ? [] : [{ variable: 'PWD' }, '/']), `${from}:${to}:ro`],
    ]),
    ...(isFromHub ? [['--volume'], [{ variable: 'HOME' }, `/.cache/huggingface:${hubCache}`]] : []),
    ...(gpuCount(setup) === 0 ? [] : [['--gpus'], [gpus === undefined ? 'all' : `"device=${gpus.join(',')}"`]]),
    ...(isFromHub ? [['--ipc'], ['host']] : []),
    ...Object.entries(values).flatMap(([variable, value]): CommandWord[] => [['--env'], [`${variable}=${value}`]]),
    ...secrets.flatMap((variable): CommandWord[] => [['--env'], [variable]]),
    ...(isFromHub && !secrets.includes('HF_TOKEN') ? [['--env'], ['HF_TOKEN']] : []),
    ...(chosen === 'llama-server' ? [] : [['--entrypoint'], entry]),
  ];
  const lines = [shellLines(flags), shellLines([[imageOf(setup, chosen).image], ...before, ...rest])];
  return lines.join(' \\\n  ');
}

/** Variables that whoever starts it must set. */
export function neededVariables({ words, secrets }: ServeCommandLine): readonly string[] {
  return [...new Set([...variablesOf(words), ...secrets])];
}
