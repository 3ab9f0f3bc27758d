import { countedFlag, flag, negatedFlag, text, texts } from '../options/option.ts';

/** Where runs are kept, from the working folder on. */
export const defaultStore = '.perbench/perbench.db';

/** Understood before and after every command. */
export const globalOptions = {
  config: text({
    short: 'c',
    argument: 'file',
    help: 'suite file: YAML, JSON, TypeScript, or - for stdin',
    completion: 'file',
  }),
  cwd: text({
    short: 'C',
    argument: 'folder',
    help: 'work in this folder',
    completion: 'folder',
    hasEnvironment: false,
  }),
  out: texts({
    short: 'o',
    argument: 'file',
    help: 'also write the result to a file; its ending is the format: .csv .json .md, of scoreboards also .tex .html .parquet .prom .bmf.json, of gate also .xml (repeatable)',
    aliases: [{ name: 'output-path' }],
    completion: 'file',
  }),
  store: text({
    argument: 'file',
    help: 'where runs are kept',
    defaultText: defaultStore,
    completion: 'file',
  }),
  json: flag({ help: 'JSON lines on stdout, for programs' }),
  quiet: flag({ short: 'q', help: 'no progress and no notes, only results and errors' }),
  verbose: countedFlag({ short: 'v', help: 'say more; twice: say everything' }),
  color: negatedFlag({ help: 'no colours (NO_COLOR is understood as well)' }),
  progress: negatedFlag({ help: 'no live display; plain lines instead' }),
  offline: flag({ help: 'use nothing but what is already on this machine' }),
  yes: flag({ short: 'y', help: 'answer every question with its default' }),
} as const;

export type GlobalOptions = typeof globalOptions;
