import type { MeasuredSetup } from './measured-setup.ts';

/** Where a file is for the server: its own path, or one in a container. */
export type PlaceFile = (role: 'models' | 'draft' | 'template', path: string) => string;

/** `CUDA0 NVIDIA A10: 20 of 33 layers` */
function layersOnDevices(devices: readonly string[]): number | undefined {
  const layers = devices.flatMap((device) => /: (\d+) of \d+ layers$/u.exec(device)?.[1] ?? []);
  return layers.length === 0 ? undefined : layers.reduce((sum, own) => sum + Number(own), 0);
}

function placement({ options, facts, isOnGpu, draft }: MeasuredSetup): readonly string[] {
  if (options === undefined) return [];
  const { gpuLayers, splitMode, gpuShares, mainGpu, hostExperts } = options;
  if (!isOnGpu) return ['--device', 'none', ...(draft === undefined ? [] : ['--spec-draft-device', 'none'])];
  const layers = gpuLayers ?? layersOnDevices(facts.devices ?? []) ?? 'all';
  return [
    '--n-gpu-layers',
    String(layers),
    ...(splitMode === 'layer' ? [] : ['--split-mode', splitMode]),
    ...(gpuShares === undefined ? [] : ['--tensor-split', gpuShares.join(',')]),
    ...(mainGpu === 0 ? [] : ['--main-gpu', String(mainGpu)]),
    ...(hostExperts === undefined ? [] : hostExperts === 'all' ? ['--cpu-moe'] : ['--n-cpu-moe', String(hostExperts)]),
  ];
}

/** `enable_thinking` has a flag of its own, beside which the server refuses it among the variables. */
function chat({ facts, thinking, templateArgs, options }: MeasuredSetup, place: PlaceFile): readonly string[] {
  if (facts.promptStyle === 'plain') return [];
  const { enable_thinking: _, ...others } = templateArgs;
  const mode = thinking?.mode;
  const template = options?.chatTemplate;
  return [
    ...(template === undefined ? [] : ['--chat-template-file', place('template', template)]),
    ...(mode === 'on' || mode === 'off' ? ['--reasoning', mode] : []),
    ...(mode === 'on' && thinking?.budget !== undefined ? ['--reasoning-budget', String(thinking.budget)] : []),
    ...(Object.keys(others).length === 0 ? [] : ['--chat-template-kwargs', JSON.stringify(others)]),
  ];
}

/**
 * What llama-server is told beside file, context and slots, so that it does what the llama engine did. Answers were
 * greedy; the server would sample.
 *
 * Source: `llama-server --help` of llama.cpp, October 2026.
 */
export function llamaServerArguments(setup: MeasuredSetup, place: PlaceFile): readonly string[] {
  const { options, draft } = setup;
  const cache = options === undefined || options.kvCache === 'f16' ? [] : [options.kvCache];
  return [
    ...cache.flatMap((type) => ['--cache-type-k', type, '--cache-type-v', type]),
    ...(options === undefined || options.flashAttention === 'auto' ? [] : ['--flash-attn', options.flashAttention]),
    ...placement(setup),
    ...(draft === undefined || options === undefined
      ? []
      : [
          '--spec-draft-model',
          place('draft', draft.path),
          '--spec-type',
          'draft-simple',
          '--spec-draft-n-max',
          String(options.draftTokens),
        ]),
    ...chat(setup, place),
    '--temp',
    '0',
  ];
}
