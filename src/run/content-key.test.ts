import { expect, it } from 'vitest';
import { answerOptions } from '../engines/index.ts';
import { modelSpec } from '../../test/setup/model-spec.ts';
import { toyPlan } from '../../test/run/toy-plan.ts';
import type { ModelInfo } from '../core/engine.ts';
import { suiteSchema } from '../core/suite.ts';
import { noLaunchFacts } from '../core/manifest.ts';
import { cellKey, earlierCellKey } from './content-key.ts';

type Options = Readonly<Record<string, unknown>>;

// The key reads only these.
const info = { engineBuild: 'build', promptStyle: 'chat' } as ModelInfo;

function keysOf(engine: string, engineOptions: Options, suiteContext?: number) {
  const model = {
    spec: modelSpec({ name: 'any', engine, engineOptions }),
    answerOptions: answerOptions(engine, engineOptions),
    facts: { source: 's', fileSha256: 'f', fileBytes: 1, ...noLaunchFacts },
  };
  const { tasks, suite } = toyPlan({ suite: { contextTokens: suiteContext } });
  const [task] = tasks;
  if (task === undefined) throw new Error('no task');
  return { now: cellKey(model, info, task, suite), earlier: earlierCellKey(model, info, task, suite) };
}

const keyOf = (engine: string, options: Options, suiteContext?: number): string =>
  keysOf(engine, options, suiteContext).now;

it.each<[string, Options, Options]>([
  ['threads', { threads: 1 }, { threads: 8 }],
  ['a draft', { draft: './a.gguf', draftTokens: 4 }, {}],
  ['the default cache', { kvCache: 'f16' }, {}],
  ['what the build tells', { device: 'cpu', gpuLayers: 40 }, { device: 'auto' }],
])('is the same with %s: answers are', (_, a, b) => {
  expect(keyOf('llama', a)).toBe(keyOf('llama', b));
});

it.each<[string, Options, Options]>([
  ['another cache', { kvCache: 'q8_0' }, {}],
  ['flash attention', { flashAttention: 'off' }, {}],
  ['experts on the host', { hostExperts: 3 }, { hostExperts: 4 }],
  ['another context', { contextTokens: 512 }, {}],
])('is another with %s', (_, a, b) => {
  expect(keyOf('llama', a)).not.toBe(keyOf('llama', b));
});

it("has the tokens per sequence of the model before the suite's", () => {
  expect(keyOf('llama', { contextTokens: 512 }, 2048)).toBe(keyOf('llama', {}, 512));
});

it('leaves out what of a server decides only speed, and not its arguments', () => {
  const serverOf = (server: Options) => {
    const { models } = suiteSchema.parse({ models: [{ source: 'o/m', server: { preset: 'vllm', ...server } }] });
    const [model] = models;
    return { server: typeof model === 'string' ? undefined : model?.server };
  };
  const key = (server: Options): string => keyOf('managed', serverOf(server));
  expect(key({ tensorParallel: 2, memoryShare: 0.5, prefixCaching: true, startSeconds: 5 })).toBe(key({}));
  expect(key({ arguments: ['--enforce-eager'] })).not.toBe(key({}));
  expect(key({ dtype: 'float16' })).not.toBe(key({}));
});

it('is what it was for models without options, and knows the keys of before of all others', () => {
  const { now, earlier } = keysOf('llama', {});
  expect(now).toBe(earlier);
  // As cells of earlier versions have it.
  expect(now).toBe('03d4ae9a4c3d0d40aa9bf686d086ff970119b1353a1a2b63d50ceff13c2406f5');
  expect(keysOf('llama', { threads: 1 }).earlier).not.toBe(keysOf('llama', {}).earlier);
});
