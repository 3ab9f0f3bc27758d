import type { ManagedServer, ServerPresetName } from '../../core/managed-server.ts';

/** What a command line is built from. */
export interface ServerCommandRequest {
  readonly server: ManagedServer;
  /** Name or path that the server loads. */
  readonly model: string;
  /** GGUF file; undefined where the server fetches the model itself. */
  readonly file: string | undefined;
  readonly servedName: string;
  readonly port: number;
  readonly contextTokens: number | undefined;
  readonly sequences: number | undefined;
  readonly threads: number | undefined;
  /** Address to listen on; the loopback one by default. */
  readonly host?: string | undefined;
  /** Nobody reads the server's log: it says as much as it does by itself. */
  readonly isDeployed?: boolean | undefined;
}

/** A program with its arguments, never given to a shell. */
export interface ServerCommand {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a server calls a model by itself: for llama-server a comma would end the name. */
export function usualServedName(model: string, { preset }: Pick<ManagedServer, 'preset'>): string {
  return preset === 'llama-server' ? model.replaceAll(',', '+') : model;
}

export const loopbackHost = '127.0.0.1';

/** Words of flags with values; one without a value isn't there. */
function flags(values: Readonly<Record<string, string | number | undefined>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
}

const bytesPerGiB = 2 ** 30;

/** Offline evaluation wants neither the sampling defaults of a model's repository nor prefixes reused. */
function vllm(request: ServerCommandRequest): ServerCommand {
  const { server, model, servedName, port, contextTokens, sequences, host = loopbackHost } = request;
  const { program = 'vllm', kvCacheGiB } = server;
  const given = flags({
    '--host': host,
    '--port': port,
    '--served-model-name': servedName,
    '--tensor-parallel-size': server.tensorParallel,
    '--dtype': server.dtype,
    '--max-model-len': contextTokens,
    '--max-num-seqs': sequences,
    '--gpu-memory-utilization': server.memoryShare,
    '--kv-cache-memory-bytes': kvCacheGiB === undefined ? undefined : Math.round(kvCacheGiB * bytesPerGiB),
  });
  const caching = server.prefixCaching ? '--enable-prefix-caching' : '--no-enable-prefix-caching';
  const fixed = ['--generation-config', 'vllm', '--enable-prompt-tokens-details', '--seed', '0'];
  return { argv: [program, 'serve', model, ...given, caching, ...fixed, ...server.arguments], environment: {} };
}

function sglang(request: ServerCommandRequest): ServerCommand {
  const { server, model, servedName, port, contextTokens, sequences, host = loopbackHost } = request;
  const { program = 'python3' } = server;
  const given = flags({
    '--model-path': model,
    '--served-model-name': servedName,
    '--host': host,
    '--port': port,
    '--tp-size': server.tensorParallel,
    '--dtype': server.dtype,
    '--context-length': contextTokens,
    '--max-running-requests': sequences,
    '--mem-fraction-static': server.memoryShare,
  });
  const caching = server.prefixCaching ? [] : ['--disable-radix-cache'];
  const fixed = ['--enable-metrics', '--random-seed', '0'];
  return {
    argv: [program, '-m', 'sglang.launch_server', ...given, ...caching, ...fixed, ...server.arguments],
    environment: {},
  };
}

/**
 * `--ctx-size` is that of all slots together; with no number of slots given it is that of one. Only at this verbosity the
 * server names the buffers that it allocates; prompts that it keeps on the host would count as the model's memory.
 */
function llamaServer(request: ServerCommandRequest): ServerCommand {
  const { server, model, file, servedName, port, contextTokens, sequences = 1, threads } = request;
  const { host = loopbackHost, isDeployed = false } = request;
  const { program = 'llama-server' } = server;
  const given = flags({
    '--model': file ?? model,
    '--alias': servedName,
    '--host': host,
    '--port': port,
    '--ctx-size': contextTokens === undefined ? undefined : contextTokens * sequences,
    '--parallel': sequences,
    '--threads': threads,
  });
  const told = flags({
    '--verbosity': isDeployed ? undefined : 4,
    '--cache-ram': server.prefixCaching ? undefined : 0,
  });
  // While measured, each request says so itself.
  const caching = isDeployed && !server.prefixCaching ? ['--no-cache-prompt'] : [];
  return { argv: [program, ...given, '--metrics', ...told, ...caching, ...server.arguments], environment: {} };
}

/** Settings that Ollama takes from the environment alone; its defaults depend on the host's memory. */
function ollama(request: ServerCommandRequest): ServerCommand {
  const { server, port, contextTokens, sequences, host = loopbackHost } = request;
  const { program = 'ollama' } = server;
  return {
    argv: [program, 'serve', ...server.arguments],
    environment: {
      OLLAMA_HOST: `${host}:${port}`,
      OLLAMA_KEEP_ALIVE: '-1',
      OLLAMA_MAX_LOADED_MODELS: '1',
      ...(contextTokens !== undefined && { OLLAMA_CONTEXT_LENGTH: String(contextTokens) }),
      ...(sequences !== undefined && { OLLAMA_NUM_PARALLEL: String(sequences) }),
    },
  };
}

const presets: Readonly<Record<ServerPresetName, (request: ServerCommandRequest) => ServerCommand>> = {
  vllm,
  sglang,
  'llama-server': llamaServer,
  ollama,
};

function fillIn(word: string, request: ServerCommandRequest): string {
  const { model, file, servedName, port, host = loopbackHost } = request;
  const values: Readonly<Record<string, string>> = {
    port: String(port),
    host,
    model: servedName,
    file: file ?? model,
  };
  return word.replaceAll(/\{(port|host|model|file)\}/g, (_, name: string) => values[name] ?? '');
}

/** The command line of a server. Each word is one argument, whatever is in it. */
export function serverCommand(request: ServerCommandRequest): ServerCommand {
  const { server } = request;
  const { preset, command, gpus } = server;
  const built: ServerCommand =
    preset === undefined
      ? { argv: (command ?? ['false']).map((word) => fillIn(word, request)) as [string, ...string[]], environment: {} }
      : presets[preset](request);
  return {
    argv: built.argv,
    environment: {
      // Indices of nvidia-smi and CUDA are the same only in this order.
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      ...(gpus !== undefined && { CUDA_VISIBLE_DEVICES: gpus.join(',') }),
      ...built.environment,
      ...server.environment,
    },
  };
}
