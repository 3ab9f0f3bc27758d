import type { Command } from '../options/command.ts';
import { flag, number, text } from '../options/option.ts';

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

const dataDir = text({ argument: 'folder', help: 'folder with the data sets', completion: 'folder' });

export const initOptions = {
  force: flag({ help: 'replace a file that is already there', hasEnvironment: false }),
} as const;

export const noOptions = {} as const;

export const modelsListOptions = {
  all: flag({ help: 'also the models of the paper, most of which need a large machine' }),
} as const;

export const modelsRemoveOptions = {} as const;

export const dataOptions = { dataDir } as const;

export const tasksOptions = {
  dataDir,
  writeOut: flag({ short: 'w', help: 'print the first prompt of each task', hasEnvironment: false }),
  shots: number({
    argument: 'n',
    min: 0,
    max: 64,
    help: "examples in each prompt (default: the protocol's own)",
    aliases: [{ name: 'num-fewshot' }],
  }),
} as const;

export const prepareCommands: readonly Command[] = [
  {
    name: 'init',
    group: 'Prepare',
    summary: 'write a suite file with comments, asking what to compare',
    arguments: [{ name: 'file', help: 'where to write it', isOptional: true, completion: 'file' }],
    options: initOptions,
    examples: ['perbench init', 'perbench init my-suite.yaml --yes'],
  },
  {
    name: 'doctor',
    group: 'Prepare',
    summary: 'check this machine: each line with its mend',
    arguments: [],
    options: dataOptions,
  },
  {
    name: 'models list',
    group: 'Prepare',
    summary: 'list the models of the catalogue, and what is on this machine',
    arguments: [],
    options: modelsListOptions,
  },
  {
    name: 'models pull',
    group: 'Prepare',
    summary: 'fetch models, and check them',
    arguments: [modelsArgument],
    options: noOptions,
    examples: ['perbench models pull smollm2-135m-instruct'],
  },
  {
    name: 'models verify',
    group: 'Prepare',
    summary: 'compute the checksums of fetched models again',
    arguments: [{ ...modelsArgument, isOptional: true, help: 'by default every model that is here' }],
    options: noOptions,
  },
  {
    name: 'models remove',
    group: 'Prepare',
    summary: 'delete fetched models from the cache',
    arguments: [modelsArgument],
    options: modelsRemoveOptions,
  },
  {
    name: 'data list',
    group: 'Prepare',
    summary: 'list the data sets, and where they were found',
    arguments: [],
    options: dataOptions,
  },
  {
    name: 'data pull',
    group: 'Prepare',
    summary: 'fetch data sets from the hub, at pinned revisions',
    arguments: [{ name: 'dataset', help: 'names; by default all', isOptional: true, isRepeatable: true }],
    options: noOptions,
  },
  {
    name: 'data verify',
    group: 'Prepare',
    summary: 'build every request of the tasks and compare their checksums with the known ones',
    arguments: [{ name: 'dataset', help: 'names; by default all', isOptional: true, isRepeatable: true }],
    options: dataOptions,
  },
  {
    name: 'tasks',
    group: 'Prepare',
    summary: 'list the tasks, or print their first prompts',
    arguments: [tasksArgument],
    options: tasksOptions,
    examples: ['perbench tasks', 'perbench tasks gsm8k --write-out'],
  },
  {
    name: 'schema',
    group: 'Prepare',
    summary: 'print the JSON schema of suite files, or of results files',
    arguments: [
      { name: 'what', help: 'suite (the default) or results', isOptional: true, choices: ['suite', 'results'] },
    ],
    options: noOptions,
  },
  {
    name: 'completion',
    group: 'Prepare',
    summary: 'print the completion script of a shell',
    arguments: [{ name: 'shell', help: 'bash, zsh or fish', isOptional: false, choices: ['bash', 'zsh', 'fish'] }],
    options: noOptions,
    examples: ['source <(perbench completion bash)'],
  },
];
