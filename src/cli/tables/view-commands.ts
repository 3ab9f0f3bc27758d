import type { Command } from '../options/command.ts';
import { flag, number, withDefault } from '../options/option.ts';

export const viewOptions = {
  port: withDefault(
    number({ argument: 'n', min: 0, max: 65_535, help: 'port on loopback; 0: any that is free' }),
    7575,
  ),
  open: flag({ help: 'open it in the browser' }),
} as const;

export const viewCommands: readonly Command[] = [
  {
    name: 'view',
    group: 'Look at results',
    summary: 'look at all runs in the browser',
    details:
      'Scoreboards, single samples, two models or runs side by side. Serves a page on this machine alone until Ctrl-C, and follows runs that are going on. It only reads; nothing is loaded from elsewhere.',
    arguments: [],
    options: viewOptions,
    examples: ['perbench view', 'perbench view --port 0 --open'],
  },
];
