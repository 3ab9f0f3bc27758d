import { defineCommand, type Command } from '../options/command.ts';
import {
  calibrateOptions,
  dataOptions,
  initOptions,
  modelsListOptions,
  noOptions,
  nullServerOptions,
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
  help: 'task ids or short names; by default all',
  isOptional: true,
  isRepeatable: true,
  completion: 'task',
} as const;

/** Verbs that prepare runs and machines. */
export const prepareCommands: readonly Command[] = [
  defineCommand({
    name: 'init',
    group: 'Prepare',
    summary: 'write a suite file with comments, asking what to compare',
    arguments: [{ name: 'file', help: 'where to write it', isOptional: true, completion: 'file' }],
    options: initOptions,
    examples: ['perbench init', 'perbench init my-suite.yaml --yes'],
    load: async () => (await import('../commands/prepare.ts')).init,
  }),
  defineCommand({
    name: 'doctor',
    group: 'Prepare',
    summary: 'check this machine: each line with its mend',
    arguments: [],
    options: dataOptions,
    load: async () => (await import('../commands/prepare.ts')).doctor,
  }),
  defineCommand({
    name: 'models list',
    group: 'Prepare',
    summary: 'list the models of the catalogue, and what is on this machine',
    arguments: [],
    options: modelsListOptions,
    load: async () => (await import('../commands/models.ts')).modelsList,
  }),
  defineCommand({
    name: 'models pull',
    group: 'Prepare',
    summary: 'fetch models, and check them',
    arguments: [modelsArgument],
    options: noOptions,
    examples: ['perbench models pull smollm2-135m-instruct'],
    load: async () => (await import('../commands/models.ts')).modelsPull,
  }),
  defineCommand({
    name: 'models verify',
    group: 'Prepare',
    summary: 'compute the checksums of fetched models again',
    arguments: [{ ...modelsArgument, isOptional: true, help: 'by default every model that is here' }],
    options: noOptions,
    load: async () => (await import('../commands/models.ts')).modelsVerify,
  }),
  defineCommand({
    name: 'models remove',
    group: 'Prepare',
    summary: 'delete fetched models from the cache',
    arguments: [modelsArgument],
    options: noOptions,
    load: async () => (await import('../commands/models.ts')).modelsRemove,
  }),
  defineCommand({
    name: 'data list',
    group: 'Prepare',
    summary: 'list the data sets, and where they were found',
    arguments: [],
    options: dataOptions,
    load: async () => (await import('../commands/data.ts')).dataList,
  }),
  defineCommand({
    name: 'data pull',
    group: 'Prepare',
    summary: 'fetch data sets from the hub, at pinned revisions',
    arguments: [{ name: 'dataset', help: 'names; by default all', isOptional: true, isRepeatable: true }],
    options: noOptions,
    load: async () => (await import('../commands/data.ts')).dataPull,
  }),
  defineCommand({
    name: 'data verify',
    group: 'Prepare',
    summary: 'build every request of the tasks and compare their checksums with the known ones',
    arguments: [{ name: 'dataset', help: 'names; by default all', isOptional: true, isRepeatable: true }],
    options: dataOptions,
    load: async () => (await import('../commands/data.ts')).dataVerify,
  }),
  defineCommand({
    name: 'tasks',
    group: 'Prepare',
    summary: 'list the tasks, or print their first prompts',
    arguments: [tasksArgument],
    options: tasksOptions,
    examples: ['perbench tasks', 'perbench tasks gsm8k --write-out'],
    load: async () => (await import('../commands/tasks.ts')).tasks,
  }),
  defineCommand({
    name: 'schema',
    group: 'Prepare',
    summary: 'print the JSON schema of suite files, or of results files',
    arguments: [
      { name: 'what', help: 'suite (the default) or results', isOptional: true, choices: ['suite', 'results'] },
    ],
    options: noOptions,
    load: async () => (await import('../commands/prepare.ts')).schema,
  }),
  defineCommand({
    name: 'completion',
    group: 'Prepare',
    summary: 'print the completion script of a shell',
    arguments: [{ name: 'shell', help: 'bash, zsh or fish', isOptional: false, choices: ['bash', 'zsh', 'fish'] }],
    options: noOptions,
    examples: ['source <(perbench completion bash)'],
    load: async () => (await import('../commands/prepare.ts')).completion,
  }),
  defineCommand({
    name: 'calibrate',
    group: 'Prepare',
    summary: 'measure how fast perbench can ask servers',
    details:
      'Measures requests and streamed tokens per second: asks a server without a model as fast as it can. Later runs on this machine with as many client processes mark windows that came near this ceiling as client_bound.',
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
      'To measure clients. Completions and chat, whole and streamed, on loopback alone until Ctrl-C. Its answers mean nothing.',
    arguments: [],
    options: nullServerOptions,
    examples: ['perbench null-server', 'perbench null-server --port 0 --tokens 200 --first-token-ms 20 --token-ms 5'],
    load: async () => (await import('../commands/client.ts')).nullServer,
  }),
];
