import { describe, expect, it } from 'vitest';
import { managedServerSchema } from '../../core/suite.ts';
import { serverCommand, type ServerCommand } from './server-command.ts';

type Settings = Parameters<typeof managedServerSchema.parse>[0];

function commandOf(server: Settings): ServerCommand {
  return serverCommand({
    server: managedServerSchema.parse(server),
    model: 'Qwen/Qwen2.5-72B-Instruct',
    file: undefined,
    servedName: 'qwen2.5-72b-instruct',
    port: 41234,
    contextTokens: 4096,
    sequences: 16,
    threads: 8,
  });
}

const line = (server: Settings): string => commandOf(server).argv.join(' ');

describe('the command line of a preset', () => {
  it('vllm', () => {
    const settings = { preset: 'vllm', tensorParallel: 8, dtype: 'bfloat16', memoryShare: 0.9, kvCacheGiB: 20 };
    expect(line({ ...settings, arguments: ['--enforce-eager'] })).toMatchInlineSnapshot(
      `"vllm serve Qwen/Qwen2.5-72B-Instruct --host 127.0.0.1 --port 41234 --served-model-name qwen2.5-72b-instruct --tensor-parallel-size 8 --dtype bfloat16 --max-model-len 4096 --max-num-seqs 16 --gpu-memory-utilization 0.9 --kv-cache-memory-bytes 21474836480 --no-enable-prefix-caching --generation-config vllm --enable-prompt-tokens-details --seed 0 --enforce-eager"`,
    );
    expect(line({ preset: 'vllm', prefixCaching: true, program: '/opt/vllm' })).toMatchInlineSnapshot(
      `"/opt/vllm serve Qwen/Qwen2.5-72B-Instruct --host 127.0.0.1 --port 41234 --served-model-name qwen2.5-72b-instruct --tensor-parallel-size 1 --dtype auto --max-model-len 4096 --max-num-seqs 16 --enable-prefix-caching --generation-config vllm --enable-prompt-tokens-details --seed 0"`,
    );
  });

  it('sglang', () => {
    expect(line({ preset: 'sglang', tensorParallel: 2, memoryShare: 0.8 })).toMatchInlineSnapshot(
      `"python3 -m sglang.launch_server --model-path Qwen/Qwen2.5-72B-Instruct --served-model-name qwen2.5-72b-instruct --host 127.0.0.1 --port 41234 --tp-size 2 --dtype auto --context-length 4096 --max-running-requests 16 --mem-fraction-static 0.8 --disable-radix-cache --enable-metrics --random-seed 0"`,
    );
    expect(line({ preset: 'sglang', prefixCaching: true })).not.toContain('--disable-radix-cache');
  });

  it('llama-server', () => {
    const request = { model: 'm', file: '/models/a b.gguf', servedName: 'm', port: 1, threads: undefined } as const;
    const server = managedServerSchema.parse({ preset: 'llama-server' });
    const { argv } = serverCommand({ ...request, server, contextTokens: 1024, sequences: 4 });
    expect(argv).toMatchInlineSnapshot(`
      [
        "llama-server",
        "--model",
        "/models/a b.gguf",
        "--alias",
        "m",
        "--host",
        "127.0.0.1",
        "--port",
        "1",
        "--ctx-size",
        "4096",
        "--parallel",
        "4",
        "--metrics",
        "--verbosity",
        "4",
        "--cache-ram",
        "0",
      ]
    `);
  });

  it('ollama', () => {
    expect(commandOf({ preset: 'ollama' })).toMatchInlineSnapshot(`
      {
        "argv": [
          "ollama",
          "serve",
        ],
        "environment": {
          "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
          "OLLAMA_CONTEXT_LENGTH": "4096",
          "OLLAMA_HOST": "127.0.0.1:41234",
          "OLLAMA_KEEP_ALIVE": "-1",
          "OLLAMA_MAX_LOADED_MODELS": "1",
          "OLLAMA_NUM_PARALLEL": "16",
        },
      }
    `);
  });
});

describe('a command of your own', () => {
  it('is filled in, and never split or read by a shell', () => {
    const command = [
      '/opt/my server',
      '--port={port}',
      '--host',
      '{host}',
      '--name',
      '{model}',
      '$(rm -rf /); {other}',
    ];
    expect(commandOf({ command }).argv).toEqual([
      '/opt/my server',
      '--port=41234',
      '--host',
      '127.0.0.1',
      '--name',
      'qwen2.5-72b-instruct',
      '$(rm -rf /); {other}',
    ]);
  });

  it('sees the GPUs that it may use, by the order that nvidia-smi has', () => {
    expect(commandOf({ command: ['x'], gpus: ['2', '3'], environment: { A: 'b' } }).environment).toEqual({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: '2,3',
      A: 'b',
    });
  });
});
