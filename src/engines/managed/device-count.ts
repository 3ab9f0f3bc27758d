import type { ManagedServer } from '../../core/managed-server.ts';
import { llamaServerDevices, ollamaDevices } from './memory-report.ts';

/** Flags of vLLM and SGLang that multiply the GPUs of a server, by all their spellings. */
const tensorFlags = ['--tensor-parallel-size', '-tp', '--tp-size', '--tp'];
const pipelineFlags = ['--pipeline-parallel-size', '-pp', '--pp-size', '--pp'];
const dataFlags = ['--data-parallel-size', '-dp', '--dp-size', '--dp'];

/** The number that a flag was given last, which is the one that counts. */
function numberOf(argv: readonly string[], names: readonly string[]): number | undefined {
  const values = argv.flatMap((word, index) => {
    const [name = '', joined] = word.split('=', 2);
    // vLLM takes underscores for dashes.
    return names.includes(name.replaceAll(/(?<=\w)_/g, '-')) ? [Number(joined ?? argv[index + 1])] : [];
  });
  const last = values.at(-1);
  return last !== undefined && Number.isInteger(last) && last > 0 ? last : undefined;
}

/** GPUs that a command line asks for. */
function askedDevices(argv: readonly string[], tensorParallel: number): number {
  const tensor = numberOf(argv, tensorFlags) ?? tensorParallel;
  // SGLang's data-parallel attention divides the same GPUs once more.
  const copies = argv.includes('--enable-dp-attention') ? 1 : (numberOf(argv, dataFlags) ?? 1);
  return tensor * (numberOf(argv, pipelineFlags) ?? 1) * copies;
}

export interface DeviceQuestion {
  readonly server: ManagedServer;
  readonly argv: readonly string[];
  /** What the server wrote until the model was loaded. */
  readonly log: string;
}

/** GPUs that a server uses for its model, by its log where that names them, else by its command line; 1 on a host. */
export function serverDevices({ server, argv, log }: DeviceQuestion): number {
  const { preset, gpus, tensorParallel } = server;
  switch (preset) {
    case 'vllm':
    case 'sglang':
      return askedDevices(argv, tensorParallel);
    case 'llama-server':
      return Math.max(1, llamaServerDevices(log) ?? gpus?.length ?? 1);
    case 'ollama':
      return Math.max(1, ollamaDevices(log) ?? 1);
    case undefined:
      return Math.max(1, llamaServerDevices(log) ?? askedDevices(argv, tensorParallel));
  }
}
