import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  goneFile,
  gpuFacts,
  measuredRun,
  type ModelInput,
  secretServer,
  serveMeasured,
} from '../../../test/setup/measured-run.ts';
import { servingText } from '../../present/serving.ts';
import { sourceSettingsFrom } from '../../sources/source-settings.ts';
import { serveCommand } from './serve-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-serving-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a GGUF file that was measured in process', () => {
  it('is served by llama-server with the context that its items took', async () => {
    const serving = await serveMeasured({ entry: goneFile });
    expect(serving.command).toMatchInlineSnapshot(`
      "llama-server \\
        --model /gone/tiny.gguf \\
        --alias tiny \\
        --host 127.0.0.1 \\
        --port 8080 \\
        --ctx-size 3072 \\
        --parallel 4 \\
        --threads 2 \\
        --metrics \\
        --cache-ram 0 \\
        --no-cache-prompt \\
        --device none \\
        --temp 0"
    `);
    expect(servingText(serving)).toMatchInlineSnapshot(`
      "llama-server \\
        --model /gone/tiny.gguf \\
        --alias tiny \\
        --host 127.0.0.1 \\
        --port 8080 \\
        --ctx-size 3072 \\
        --parallel 4 \\
        --threads 2 \\
        --metrics \\
        --cache-ram 0 \\
        --no-cache-prompt \\
        --device none \\
        --temp 0

      # tiny as measured in run 20261124-170000-srv1
      # First:
      # - put the measured weights back: there is no /gone/tiny.gguf on this machine
      # Requests:
      # - temperature 0, as the command sets it: requests that name another differ
      # Measured:
      # - the weights: Q4_K_M, /gone/tiny.gguf, sha256
      #   abababababababababababababababababababababababababababababababab
      # - in process by llama.cpp 0.5.0 (zen4), on Test CPU, 2 cores
      # - throughput and memory with 4 requests at once, 768 tokens each; latency one request at a
      #   time
      # - gsm8k/mini@2: memory 300 MiB
      # Not measured:
      # - llama-server: the settings are the same, but speed, memory and the rounding of answers
      #   through it were not measured
      # - the network, and what a server adds: there was none in between
      # - more than 4 requests at once: further ones wait for their turn
      # - prompts of more than 600 tokens, and answers of more than 100
      # - other contexts: none was set, and 768 tokens is what the longest prompt and answer took,
      #   rounded up
      # - reuse of prompts that begin alike: it was off while time was measured
      # - other machines than that one
      "
    `);
  });

  it('keeps cache, flash attention, GPU layers, template and draft', async () => {
    const engineOptions = {
      kvCache: 'q8_0',
      flashAttention: 'on',
      chatTemplate: '/t/chat me.jinja',
      draft: '/gone/small.gguf',
      draftTokens: 5,
      splitMode: 'row',
      gpuShares: [3, 1],
      mainGpu: 1,
      hostExperts: 4,
      contextTokens: 1000,
    };
    const thinking = { mode: 'on', budget: 64, because: 'as asked' } as const;
    const entry = { ...goneFile, engineOptions, templateArgs: { enable_thinking: true, role: "it's" } };
    const { command } = await serveMeasured({ entry, facts: { ...gpuFacts, thinking } });
    expect(command).toMatchInlineSnapshot(`
      "llama-server \\
        --model /gone/tiny.gguf \\
        --alias tiny \\
        --host 127.0.0.1 \\
        --port 8080 \\
        --ctx-size 4000 \\
        --parallel 4 \\
        --threads 2 \\
        --metrics \\
        --cache-ram 0 \\
        --no-cache-prompt \\
        --cache-type-k q8_0 \\
        --cache-type-v q8_0 \\
        --flash-attn on \\
        --n-gpu-layers 20 \\
        --split-mode row \\
        --tensor-split 3,1 \\
        --main-gpu 1 \\
        --n-cpu-moe 4 \\
        --spec-draft-model /gone/small.gguf \\
        --spec-type draft-simple \\
        --spec-draft-n-max 5 \\
        --chat-template-file '/t/chat me.jinja' \\
        --reasoning on \\
        --reasoning-budget 64 \\
        --chat-template-kwargs '{"role":"it'\\''s"}' \\
        --temp 0"
    `);
    const all = await serveMeasured({
      entry: { ...goneFile, engineOptions: { gpuLayers: 'all', hostExperts: 'all' } },
      facts: gpuFacts,
    });
    expect(all.command).toContain('--n-gpu-layers all \\\n  --cpu-moe');
    const off = await serveMeasured({
      entry: goneFile,
      facts: { thinking: { mode: 'off', because: 'its template has enable_thinking' } },
    });
    expect(off.command).toContain('--reasoning off');
  });

  it('has a name that its server takes as one', async () => {
    const { command } = await serveMeasured({ entry: { ...goneFile, name: 'tiny[kvCache=q8_0,threads=4]' } });
    expect(command).toContain("--alias 'tiny[kvCache=q8_0+threads=4]'");
  });

  it('needs the concurrency that auto found', async () => {
    const concurrency = { status: 'measured', value: 32, unit: 'count', n: 3, warnings: [] } as const;
    const { command } = await serveMeasured({
      entry: goneFile,
      suite: { concurrency: 'auto' },
      measurements: { concurrency },
    });
    expect(command).toContain('--parallel 32 ');
  });

  it('keeps the mark with a doubtful number, and says what it means', async () => {
    const known = { status: 'measured', value: 0.866, unit: 'items/s', n: 3 } as const;
    const doubt = { reason: 'short_window', detail: 'the window has 3 answers' } as const;
    const throughput = { ...known, warnings: [doubt] };
    const { measured } = await serveMeasured({
      entry: goneFile,
      suite: { concurrency: 1 },
      measurements: { throughput },
    });
    expect(measured).toContain('gsm8k/mini@2: throughput 0.866! items/s; ! the window has 3 answers');
    expect(measured).toContain(
      'throughput and memory with 1 request at once, 768 tokens each; latency one request at a time',
    );
  });

  it("is a Modelfile, with what only Ollama's server can be told", async () => {
    const entry = { ...goneFile, engineOptions: { kvCache: 'q8_0', draft: '/gone/small.gguf' } };
    const serving = await serveMeasured({ entry }, { form: 'modelfile' });
    expect(serving.server).toBe('ollama');
    expect(serving.command).toMatchInlineSnapshot(`
      "FROM /gone/tiny.gguf
      PARAMETER num_ctx 768
      PARAMETER num_thread 2
      PARAMETER num_gpu 0
      PARAMETER temperature 0"
    `);
    expect(serving.before.slice(-2)).toMatchInlineSnapshot(`
      [
        "start the server: OLLAMA_HOST=127.0.0.1:11434 OLLAMA_KEEP_ALIVE=-1 OLLAMA_MAX_LOADED_MODELS=1 OLLAMA_CONTEXT_LENGTH=768 OLLAMA_NUM_PARALLEL=4 OLLAMA_KV_CACHE_TYPE=q8_0 OLLAMA_FLASH_ATTENTION=1 ollama serve",
        "make the model: ollama create tiny -f FILE, where FILE is this Modelfile",
      ]
    `);
    // What is copied stays in one piece.
    expect(servingText(serving)).toMatch(/\n# - start the server: .* OLLAMA_FLASH_ATTENTION=1 ollama serve\n/u);
    expect(serving.notMeasured).toContain('the draft model: Ollama has none');
    const { command } = await serveMeasured({ entry }, { server: 'ollama', form: 'shell' });
    expect(command).toContain('OLLAMA_KV_CACHE_TYPE=q8_0');
  });

  it('is a Modelfile without a template where prompts were plain, and none for a path of several lines', async () => {
    const facts = { promptStyle: 'plain' } as const;
    const { command, notMeasured } = await serveMeasured({ entry: goneFile, facts }, { form: 'modelfile' });
    expect(command).toContain('FROM /gone/tiny.gguf\nTEMPLATE {{ .Prompt }}\n');
    expect(notMeasured.join()).not.toContain('template');
    const entry = { source: '/gone/a\nPARAMETER x.gguf', name: 'tiny' };
    await expect(serveMeasured({ entry }, { form: 'modelfile' })).rejects.toThrow("a Modelfile can't name");
  });
});

describe('a model behind a server that perbench started', () => {
  it('has its own command line, with variables in the place of secrets', async () => {
    const serving = await serveMeasured(secretServer);
    expect(serving.command).toMatchInlineSnapshot(`
      "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0,3 A='b c' \\
      vllm serve Qwen/Qwen2.5-72B-Instruct \\
        --host 127.0.0.1 \\
        --port 8000 \\
        --served-model-name qwen \\
        --tensor-parallel-size 2 \\
        --dtype bfloat16 \\
        --max-num-seqs 4 \\
        --kv-cache-memory-bytes 21474836480 \\
        --no-enable-prefix-caching \\
        --generation-config vllm \\
        --enable-prompt-tokens-details \\
        --seed 0 \\
        --override-generation-config '{"temperature":0}' \\
        --api-key "$API_KEY" \\
        --hf-token="$HF_TOKEN" \\
        --limit '$(5) a'"
    `);
    expect(servingText(serving)).not.toMatch(/secret-|hf_abc/u);
    expect(serving.before).toEqual([
      'set the variables API_KEY, HF_TOKEN, VLLM_API_KEY: their values were removed from the run as secrets',
    ]);
    expect(serving.notMeasured.filter((text) => text.startsWith('vllm'))).toEqual([]);
  });

  it('can be served by SGLang, which was not measured', async () => {
    const { command, before, notMeasured, requests } = await serveMeasured(secretServer, { server: 'sglang' });
    expect(command).toContain('python3 -m sglang.launch_server \\\n  --model-path Qwen/Qwen2.5-72B-Instruct');
    expect(command).toContain('--tp-size 2');
    expect(notMeasured[0]).toBe('sglang: speed, memory and the rounding of answers through it were not measured');
    expect(requests[0]).toBe('temperature 0: set it in each request');
    expect(before).toEqual([
      "settings of vllm that sglang isn't given: --api-key, --hf-token, --limit, VLLM_API_KEY, A, a key-value cache of 20 GiB; give it its own, such as an API key",
    ]);
  });

  it('keeps a command of its own', async () => {
    const command = ['python3', 'serve.py', '--port={port}', '--name', '{model}'];
    const own: ModelInput = { name: 'mine', source: 'org/mine', server: { command, port: 9000 } };
    expect((await serveMeasured({ entry: own, facts: { engineBuild: undefined } })).command).toBe(
      'python3 serve.py \\\n  --port=9000 \\\n  --name mine',
    );
    await expect(serveMeasured({ entry: own }, { form: 'docker' })).rejects.toThrow(
      "a command of your own can't be written as docker: expected shell",
    );
    await expect(serveMeasured({ entry: own }, { server: 'vllm' })).rejects.toThrow(
      'it was measured behind a command of your own',
    );
  });
});

describe('what can not be served', () => {
  it('says why', async () => {
    await expect(serveMeasured({ entry: goneFile }, { server: 'vllm' })).rejects.toThrow(
      "tiny can't be served by vllm as it was measured: it was measured as a GGUF file (Q4_K_M), and vllm would serve other weights",
    );
    await expect(serveMeasured({ entry: goneFile }, { server: 'llama-server', form: 'modelfile' })).rejects.toThrow(
      "llama-server can't be written as modelfile: expected shell or docker or kubernetes",
    );
    await expect(serveMeasured({ entry: { source: 'x', engine: 'mock' } })).rejects.toThrow('run by the engine mock');
    const open: ModelInput = { name: 'far', source: 'http://host:8000/v1#org/far', engine: 'openai' };
    await expect(serveMeasured({ entry: open, facts: { engineBuild: 'openai-compatible server' } })).rejects.toThrow(
      "a server that perbench did not start: its command isn't known",
    );
    const asked = await serveMeasured({ entry: open, facts: { engineBuild: 'vllm 0.19.0' } });
    expect(asked.command).toMatch(/^vllm serve org\/far/u);
    expect(asked.notMeasured[0]).toBe(
      "the settings of the server that was measured: they aren't known; those that the command doesn't name are the server's own defaults",
    );
    expect(asked.measured[1]).toMatch(/^at a server that was running: vllm 0\.19\.0/u);
  });

  it('refuses names that the run does not have, runs of others, and files that changed', async () => {
    const { store, run } = measuredRun({ entry: goneFile });
    await expect(serveCommand(store, run, 'tinny')).rejects.toMatchObject({ hint: 'Did you mean "tiny"?' });
    const imported = { tool: 'lm-eval 0.4.13', files: [], measuredAtMs: undefined };
    const foreign = { ...run, manifest: { ...run.manifest, imported } };
    await expect(serveCommand(store, foreign, 'tiny')).rejects.toThrow('measured elsewhere by lm-eval 0.4.13');
    const path = join(folder, 'changed.gguf');
    await writeFile(path, 'other weights');
    const settings = sourceSettingsFrom({}, folder);
    const entry = { source: path, name: 'tiny' };
    await expect(serveMeasured({ entry }, { settings })).rejects.toThrow(
      /changed\.gguf isn't the file that was measured: its sha256 is/u,
    );
    const stopped = serveMeasured(
      { entry },
      { settings: sourceSettingsFrom({}, join(folder, 'new')), signal: AbortSignal.abort() },
    );
    await expect(stopped).rejects.toThrow(/abort/u);
  });
});
