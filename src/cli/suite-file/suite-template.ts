import { suiteSettings } from '../../core/suite-settings.ts';

/** What `init` asks for. */
export interface SuiteChoices {
  readonly models: readonly string[];
  readonly tasks: readonly string[];
  readonly limit: number | undefined;
  readonly protocol: 'serving' | 'paper';
}

export const defaultSuiteChoices: SuiteChoices = {
  models: ['smollm2-135m-instruct', 'qwen2.5-coder-0.5b-instruct'],
  tasks: ['all'],
  limit: 200,
  protocol: 'serving',
};

const { seed, concurrency, launches } = suiteSettings;

const sentence = (help: string): string => `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;

/** A suite file whose comments show what else can be set. */
export function suiteTemplate({ models, tasks, limit, protocol }: SuiteChoices): string {
  return `# yaml-language-server: $schema=./node_modules/perbench/schemas/suite.schema.json
#
# A suite: models x tasks under one protocol. "perbench plan" estimates a run, "perbench run" starts it.
# Every key, with its default: perbench schema.

name: my-suite

# Catalogue names (perbench models list --all), paths relative to this file, hf:owner/repo/file.gguf,
# pip:package==version/path, https://…#sha256=…, or the address of a server.
models:
${models.map((model) => `  - ${model}\n`).join('')}  # - source: ./models/other.gguf
  #   name: other
  #   style: instruct        # chat template; base: plain prompts; auto: depends on the file
  # - openai:http://127.0.0.1:8000/v1#served-name   # vLLM, SGLang, llama-server, Ollama, a cloud endpoint

# Ids or short names (perbench tasks); "all" is the five benchmarks, "mini" the built-in set.
tasks:
${tasks.map((task) => `  - ${task}\n`).join('')}  # - task: gsm8k
  #   limit: 50

# Data set folder, relative to this file (default: what "perbench data pull" downloaded).
# dataDir: ./data

# serving: accuracy, throughput, latency and memory, over several engine launches. paper: one pass.
protocol: ${protocol}

# Items per task, in a seeded random order (default: all).
${limit === undefined ? '# limit: 200' : `limit: ${limit}`}
seed: ${seed.fallback}

# ${sentence(concurrency.help)}
# concurrency: ${concurrency.fallback}
# launches: ${launches.fallback}
# threads: 8

# Limits for "perbench gate"; they do not affect results.
# gates:
#   maxAccuracyDrop: 0.01
#   maxThroughputDrop: 5%
`;
}
