import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { goneFile, gpuFacts, secretServer, serveMeasured } from '../../../test/setup/measured-run.ts';
import { servingText } from '../../present/serving.ts';

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-serving-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('docker run', () => {
  it('is a container with its files, and the image for its device', async () => {
    const path = join(folder, 'tiny model.gguf');
    await writeFile(path, 'weights');
    const facts = { promptStyle: 'plain', fileSha256: sha256Of('weights') } as const;
    const { command } = await serveMeasured({ entry: { source: path, name: 'tiny' }, facts }, { form: 'docker' });
    expect(command.replace(folder, '/FOLDER')).toMatchInlineSnapshot(`
      "docker run \\
        --rm \\
        --name tiny \\
        --publish 127.0.0.1:8080:8080 \\
        --mount 'type=bind,src=/FOLDER/tiny model.gguf,dst=/models/tiny_model.gguf,readonly' \\
        ghcr.io/ggml-org/llama.cpp:server \\
        --model /models/tiny_model.gguf \\
        --alias tiny \\
        --host 0.0.0.0 \\
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
    const onGpu = await serveMeasured({ entry: goneFile, facts: gpuFacts, gpus: ['NVIDIA A10'] }, { form: 'docker' });
    expect(onGpu.command).toMatch(
      /--gpus all \\\n {2}ghcr\.io\/ggml-org\/llama\.cpp:server-cuda \\\n {2}--model \/models\/tiny\.gguf/u,
    );
    expect(onGpu.notMeasured).toContain(
      'the image ghcr.io/ggml-org/llama.cpp:server-cuda: its version is whatever is newest',
    );
  });

  it('comes from the catalogue by its name, where it is not here', async () => {
    const entry = { source: 'smollm2-135m-instruct', name: 'tiny' };
    const { command, before } = await serveMeasured({ entry }, { form: 'docker' });
    expect(command).toContain(
      '--mount type=bind,src="$PWD"/smollm2-135m-instruct.gguf,dst=/models/smollm2-135m-instruct.gguf,readonly',
    );
    expect(before).toEqual([
      "put the measured weights at smollm2-135m-instruct.gguf: they aren't on this machine; perbench models pull smollm2-135m-instruct fetches them",
    ]);
  });

  it('is a container of the version that was measured, with the same GPUs', async () => {
    const { command } = await serveMeasured(secretServer, { form: 'docker' });
    expect(command).toMatchInlineSnapshot(`
      "docker run \\
        --rm \\
        --name qwen \\
        --publish 127.0.0.1:8000:8000 \\
        --volume "$HOME"/.cache/huggingface:/hub \\
        --gpus '"device=0,3"' \\
        --ipc host \\
        --env HF_HOME=/hub \\
        --env 'A=b c' \\
        --env VLLM_API_KEY \\
        --env HF_TOKEN \\
        --entrypoint vllm \\
        vllm/vllm-openai:v0.19.0 serve Qwen/Qwen2.5-72B-Instruct \\
        --host 0.0.0.0 \\
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
  });
});

describe('what a container needs of the machine', () => {
  it('is a place without letters that separate, from a path with them', async () => {
    const entry = { source: '/gone/a:b, "c".gguf', name: '7B of mine' };
    const docker = await serveMeasured({ entry }, { form: 'docker' });
    expect(docker.command).toContain(
      `--mount 'type=bind,"src=/gone/a:b, ""c"".gguf",dst=/models/a_b___c_.gguf,readonly'`,
    );
    expect(docker.command).toContain('--model /models/a_b___c_.gguf');
    const { command } = await serveMeasured({ entry }, { form: 'kubernetes' });
    expect(command).toContain('mountPath: /models/a_b___c_.gguf\n');
    expect(command).toContain('name: model-7b-of-mine\n');
  });

  it('is a folder of weights, beside files that arguments name', async () => {
    const server = { preset: 'vllm' as const, arguments: ['--chat-template=/t/mine.jinja', '--limit', 'a/b'] };
    const measured = { entry: { name: 'own', source: '/weights/own model', server }, facts: { devices: [] } };
    const docker = await serveMeasured(measured, { form: 'docker' });
    expect(docker.command).toContain("--mount 'type=bind,src=/weights/own model,dst=/models/own_model,readonly'");
    expect(docker.command).toContain(' serve /models/own_model \\\n');
    expect(docker.command).toContain('--ipc host');
    expect(docker.command).not.toMatch(/huggingface|HF_TOKEN/u);
    expect(docker.before).toEqual(['mount what the arguments name, at the same paths: /t/mine.jinja']);
    const { command } = await serveMeasured(measured, { form: 'kubernetes' });
    const [deployment] = parseAllDocuments(command).map((each) => each.toJS() as unknown);
    const mounts = [{ mountPath: '/models/own_model', subPath: 'models/own_model' }, { mountPath: '/dev/shm' }];
    expect(deployment).toMatchObject({ spec: { template: { spec: { containers: [{ volumeMounts: mounts }] } } } });
    expect((await serveMeasured(measured)).command).toContain("serve '/weights/own model'");
  });

  it('is the GPU that was measured, or the form is refused', async () => {
    const vulkan = { entry: goneFile, facts: { devices: ['Vulkan0 AMD Radeon: 33 of 33 layers'] } };
    const { command } = await serveMeasured(vulkan, { form: 'docker' });
    expect(command).toContain('--device /dev/dri \\\n  ghcr.io/ggml-org/llama.cpp:server-vulkan');
    expect(command).not.toContain('--gpus');
    await expect(serveMeasured(vulkan, { form: 'kubernetes' })).rejects.toThrow(
      "tiny was measured on Vulkan0 AMD Radeon: 33 of 33 layers, whose GPU kubernetes isn't known to give a container: expected shell or docker",
    );
    const metal = { entry: goneFile, facts: { devices: ['MTL0 Apple M3: 33 of 33 layers'] } };
    await expect(serveMeasured(metal, { form: 'docker' })).rejects.toThrow(/MTL0 Apple M3.*: expected shell$/u);
    expect((await serveMeasured(metal)).command).toContain('--n-gpu-layers 33');
    const amd = { ...secretServer, gpus: ['AMD Instinct MI300X'] };
    await expect(serveMeasured(amd, { form: 'docker' })).rejects.toThrow('AMD Instinct MI300X');
  });
});

describe('a Kubernetes manifest', () => {
  it('is a Deployment and a Service, which ask for the memory that was measured', async () => {
    const serving = await serveMeasured({ entry: { ...goneFile, name: 'Tiny (q8_0)' } }, { form: 'kubernetes' });
    const [deployment, service, ...others] = parseAllDocuments(servingText(serving)).map((each) => {
      expect(each.errors).toEqual([]);
      return each.toJS() as Record<string, unknown>;
    });
    expect(others).toEqual([]);
    const container = {
      image: 'ghcr.io/ggml-org/llama.cpp:server',
      resources: { requests: { cpu: '2', memory: '301Mi' } },
      ports: [{ name: 'http', containerPort: 8080 }],
      startupProbe: { httpGet: { path: '/health', port: 'http' }, failureThreshold: 120 },
      readinessProbe: { httpGet: { path: '/health', port: 'http' } },
      livenessProbe: { httpGet: { path: '/health', port: 'http' } },
      volumeMounts: [{ mountPath: '/models/tiny.gguf', subPath: 'models/tiny.gguf' }],
      args: expect.arrayContaining(['--model', '/models/tiny.gguf', '--host', '0.0.0.0', '--ctx-size', '3072']),
    };
    const labels = { app: 'tiny-q8-0' };
    expect(deployment).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'tiny-q8-0' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    expect(service).toMatchObject({
      kind: 'Service',
      spec: { selector: labels, ports: [{ port: 8080, targetPort: 'http' }] },
    });
    expect(serving.before).toContain('a persistent volume claim named models with /gone/tiny.gguf as models/tiny.gguf');
  });

  it('is a Deployment that takes secrets from a secret', async () => {
    const { command } = await serveMeasured(secretServer, { form: 'kubernetes' });
    expect(command).not.toMatch(/secret-|hf_abc/u);
    const [deployment] = parseAllDocuments(command).map((each) => each.toJS() as unknown);
    const key = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: 'qwen-secrets', key: name } } });
    expect(deployment).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                image: 'vllm/vllm-openai:v0.19.0',
                command: ['vllm'],
                args: expect.arrayContaining(['--api-key', '$(API_KEY)', '--hf-token=$(HF_TOKEN)', '$$(5) a']),
                env: [
                  { name: 'HF_HOME', value: '/hub' },
                  { name: 'A', value: 'b c' },
                  ...['API_KEY', 'HF_TOKEN', 'VLLM_API_KEY'].map(key),
                ],
                resources: { limits: { 'nvidia.com/gpu': 2 } },
              },
            ],
          },
        },
      },
    });
  });

  it('is text for kubectl, which reads YAML 1.1 and fills in variables', async () => {
    const words = ['on', 'y', 'no', '1_000', '1:30', '0o14', '2001-01-01', '~', '$$x', '$(HOME)', '$HOME'];
    const environment = Object.fromEntries(words.map((word, index) => [`V${index}`, word]));
    const server = { preset: 'vllm' as const, arguments: words, environment };
    const measured = { entry: { name: 'yes', source: 'qwen2.5-72b-instruct', server }, facts: { devices: [] } };
    const { command } = await serveMeasured(measured, { form: 'kubernetes' });
    const escaped = words.map((word) => word.replaceAll('$', '$$$$'));
    for (const version of ['1.1', '1.2'] as const) {
      const [deployment, service] = parseAllDocuments(command, { version }).map((each) => each.toJS() as unknown);
      const env = [
        { name: 'HF_HOME', value: '/hub' },
        ...escaped.map((value, index) => ({ name: `V${index}`, value })),
        { name: 'HF_TOKEN' },
      ];
      const containers = [{ args: expect.arrayContaining(escaped), env }];
      expect(deployment).toMatchObject({
        metadata: { name: 'yes', labels: { app: 'yes' } },
        spec: { template: { spec: { containers } } },
      });
      expect(service).toMatchObject({ metadata: { name: 'yes' }, spec: { selector: { app: 'yes' } } });
    }
  });
});
