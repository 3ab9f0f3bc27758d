import { defineCommand, type Command } from '../options/command.ts';
import {
  calibrateOptions,
  dataOptions,
  initOptions,
  modelsListOptions,
  noOptions,
  nullServerOptions,
  quantizeOptions,
  tasksOptions,
} from './prepare-options.ts';

const modelsArgument = {
  name: 'model',
  help: 'catalogue name, hf:…, pip:… or URL',
  isOptional: false,
  isRepeatable: true,
  completion: 'model',
} as const;

const tasksArgument = {
  name: 'task',
  help: 'task ids or short names, task files or data of your own (default: all built-in tasks)',
  isOptional: true,
  isRepeatable: true,
  completion: 'task',
} as const;

const datasetsArgument = {
  name: 'dataset',
  help: 'data set names (default: all)',
  isOptional: true,
  isRepeatable: true,
} as const;

/** Verbs that prepare runs and machines. */
export const prepareCommands: readonly Command[] = [
  defineCommand({
    name: 'init',
    group: 'Prepare',
    summary: 'write a commented suite file or task file',
    details:
      'Writes a suite file. `perbench init task tickets.csv` writes a task file for data of your own instead, with the columns, labels and prompt that were inferred: tickets.task.yaml, or the file that is named last.',
    arguments: [
      {
        name: 'file',
        help: 'suite file to write (default: perbench.yaml), or the word task, data, and the task file to write',
        isOptional: true,
        isRepeatable: true,
        completion: 'file',
      },
    ],
    options: initOptions,
    examples: ['perbench init', 'perbench init my-suite.yaml --yes', 'perbench init task tickets.csv'],
    load: async () => (await import('../commands/prepare.ts')).init,
  }),
  defineCommand({
    name: 'doctor',
    group: 'Prepare',
    summary: 'check this machine, with a fix for each problem',
    arguments: [],
    options: dataOptions,
    load: async () => (await import('../commands/prepare.ts')).doctor,
  }),
  defineCommand({
    name: 'models list',
    group: 'Prepare',
    summary: 'list the models in the catalogue and on this machine',
    arguments: [],
    options: modelsListOptions,
    examples: ['perbench models list --all', 'perbench models list --fit'],
    load: async () => (await import('../commands/sources.ts')).modelsList,
  }),
  defineCommand({
    name: 'models show',
    group: 'Prepare',
    summary: 'show what is known of a model, without running it',
    details:
      'Architecture, parameters, quantisation, context length, chat template, licence, and the memory it needs, estimated. Everything comes from the header of its file and from the catalogue; nothing is downloaded or loaded.',
    arguments: [
      {
        ...modelsArgument,
        isRepeatable: false,
        help: 'catalogue name, name of a model on this machine, file, hf:…, pip:… or URL',
      },
    ],
    options: noOptions,
    examples: ['perbench models show smollm2-135m-instruct', 'perbench models show ./model.gguf --json'],
    load: async () => (await import('../commands/sources.ts')).modelsShow,
  }),
  defineCommand({
    name: 'models pull',
    group: 'Prepare',
    summary: 'download and verify models',
    arguments: [modelsArgument],
    options: noOptions,
    examples: ['perbench models pull smollm2-135m-instruct'],
    load: async () => (await import('../commands/sources.ts')).modelsPull,
  }),
  defineCommand({
    name: 'models verify',
    group: 'Prepare',
    summary: 'recompute the checksums of downloaded models',
    arguments: [
      {
        ...modelsArgument,
        isOptional: true,
        help: 'catalogue name, hf:…, pip:… or URL (default: all downloaded models)',
      },
    ],
    options: noOptions,
    load: async () => (await import('../commands/sources.ts')).modelsVerify,
  }),
  defineCommand({
    name: 'models remove',
    group: 'Prepare',
    summary: 'delete downloaded models from the cache',
    arguments: [modelsArgument],
    options: noOptions,
    load: async () => (await import('../commands/sources.ts')).modelsRemove,
  }),
  defineCommand({
    name: 'quantize',
    group: 'Prepare',
    summary: 'make files of a model in other quantisations',
    details:
      "Uses llama.cpp's own quantiser, without an importance matrix. Each file says in its header what it was made from. Take F16, BF16 or F32 weights as the base: what an already quantised file lost stays lost.",
    arguments: [{ ...modelsArgument, isRepeatable: false, help: 'file, catalogue name, hf:…, pip:… or URL' }],
    options: quantizeOptions,
    examples: ['perbench quantize base-f16.gguf --to q8_0,q6_k,q4_k_m,q3_k_m,q2_k'],
    writesFiles: true,
    load: async () => (await import('../commands/quantize.ts')).quantize,
  }),
  defineCommand({
    name: 'data list',
    group: 'Prepare',
    summary: 'list the data sets and where they are',
    arguments: [],
    options: dataOptions,
    load: async () => (await import('../commands/sources.ts')).dataList,
  }),
  defineCommand({
    name: 'data pull',
    group: 'Prepare',
    summary: 'download data sets from the hub at pinned revisions',
    arguments: [datasetsArgument],
    options: noOptions,
    load: async () => (await import('../commands/sources.ts')).dataPull,
  }),
  defineCommand({
    name: 'data verify',
    group: 'Prepare',
    summary: 'build every request of the tasks and compare their checksums with the known ones',
    arguments: [datasetsArgument],
    options: dataOptions,
    load: async () => (await import('../commands/sources.ts')).dataVerify,
  }),
  defineCommand({
    name: 'tasks',
    group: 'Prepare',
    summary: 'list the tasks, or check data of your own',
    details:
      'Of a task file or a data file it shows what was inferred, how many rows and labels there are, what is odd about the rows, what needs no model scores, and the first prompts with their expected answers. No model is needed.',
    arguments: [tasksArgument],
    options: tasksOptions,
    examples: ['perbench tasks', 'perbench tasks gsm8k --write-out', 'perbench tasks tickets.csv --items 3'],
    load: async () => (await import('../commands/tasks.ts')).tasks,
  }),
  defineCommand({
    name: 'schema',
    group: 'Prepare',
    summary: 'print the JSON schema of a kind of file',
    arguments: [
      {
        name: 'what',
        help: 'kind of file (default: suite)',
        isOptional: true,
        choices: ['suite', 'task', 'prices', 'results'],
      },
    ],
    options: noOptions,
    load: async () => (await import('../commands/prepare.ts')).schema,
  }),
  defineCommand({
    name: 'version',
    group: 'Prepare',
    summary: 'print the version',
    arguments: [],
    options: noOptions,
    load: async () => (await import('../commands/prepare.ts')).version,
  }),
  defineCommand({
    name: 'completion',
    group: 'Prepare',
    summary: 'print a shell completion script',
    arguments: [{ name: 'shell', help: 'name of the shell', isOptional: false, choices: ['bash', 'zsh', 'fish'] }],
    options: noOptions,
    examples: ['source <(perbench completion bash)'],
    load: async () => (await import('../commands/prepare.ts')).completion,
  }),
  defineCommand({
    name: 'calibrate',
    group: 'Prepare',
    summary: 'measure how fast perbench can send requests to servers',
    details:
      'Measures requests and streamed tokens per second against a server without a model. Later runs on this machine with the same number of client processes mark windows near this ceiling as client_bound.',
    arguments: [],
    options: calibrateOptions,
    examples: ['perbench calibrate', 'perbench calibrate --seconds 20 --concurrency 256 --client-processes 4'],
    load: async () => (await import('../commands/client.ts')).calibrateClient,
  }),
  defineCommand({
    name: 'null-server',
    group: 'Prepare',
    summary: 'serve the OpenAI protocol without a model',
    details:
      'For measuring clients. Serves completions and chat, streamed or not, on loopback only, until Ctrl-C. Its answers are meaningless.',
    arguments: [],
    options: nullServerOptions,
    examples: ['perbench null-server', 'perbench null-server --port 0 --tokens 200 --first-token-ms 20 --token-ms 5'],
    load: async () => (await import('../commands/client.ts')).nullServer,
  }),
];
