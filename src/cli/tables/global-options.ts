import { countedFlag, flag, negatedFlag, text, texts } from '../options/option.ts';

/** Where runs are kept, from the working folder on. */
export const defaultStore = '.perbench/perbench.db';

/** Accepted before and after every command. */
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
    help: 'run in this folder',
    completion: 'folder',
    hasEnvironment: false,
  }),
  out: texts({
    short: 'o',
    argument: 'file',
    help: 'also write the result to a file, in the format of its extension: .csv .json .md, for scoreboards also .tex .html .parquet .prom .bmf.json, for gate also .xml, for decide --serve also .sh .yaml and Modelfile (repeatable)',
    aliases: [{ name: 'output-path' }],
    completion: 'file',
  }),
  store: text({
    argument: 'file|address',
    help: 'where runs are stored: a file, or postgres://user@host/database',
    defaultText: defaultStore,
    completion: 'file',
  }),
  json: flag({ help: 'JSON lines on stdout, for programs' }),
  quiet: flag({ short: 'q', help: 'only results, warnings and errors; no progress or notes' }),
  verbose: countedFlag({ short: 'v', help: 'more detail; -vv for everything' }),
  color: negatedFlag({ help: 'no colours (NO_COLOR works too)' }),
  progress: negatedFlag({ help: 'plain lines instead of a live display' }),
  offline: flag({ help: 'use only what is already on this machine' }),
  yes: flag({ short: 'y', help: 'answer every question with its default' }),
} as const;

export type GlobalOptions = typeof globalOptions;
