import { describe, expect, it } from 'vitest';
import { gateLimitNames } from '../../core/limits.ts';
import { suiteSchema } from '../../core/suite.ts';
import { generatedFiles } from '../docs/generated-files.ts';
import { spellings } from '../options/resolve-options.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from './commands.ts';
import { gateOptions } from './decision-commands.ts';
import { globalOptions } from './global-options.ts';
import { suiteOptions } from './suite-options.ts';

const root = join(import.meta.dirname, '../../..');

function valueText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : `${value as string | number}`;
}

describe('the tables of options', () => {
  it('name the defaults that the schema of suites has', () => {
    const defaults = suiteSchema.parse({ models: ['a'] });
    const shared = Object.entries(suiteOptions).filter(([name]) => name in suiteSchema.shape);
    expect(shared.length).toBeGreaterThan(12);
    for (const [name, option] of shared) {
      const value: unknown = defaults[name as keyof typeof defaults];
      const isStated = value !== undefined && value !== false;
      expect([name, option.defaultText]).toEqual([name, isStated ? valueText(value) : undefined]);
    }
  });

  it('have a flag for every key of a suite', () => {
    const named: Readonly<Record<string, string>> = { models: 'model', tasks: 'task' };
    const keys = Object.keys(suiteSchema.shape).filter((key) => key !== '$schema' && key !== 'gates');
    for (const key of keys) expect(Object.keys(suiteOptions)).toContain(named[key] ?? key);
    // The section of limits has its flags where they are used.
    for (const key of gateLimitNames) expect(Object.keys(gateOptions)).toContain(key);
  });

  it('refuse at the command line what the schema refuses', () => {
    const numbers = [
      'concurrency',
      'launches',
      'windowSeconds',
      'latencyRequests',
      'latencySeconds',
      'threads',
      'contextTokens',
      'hangSeconds',
      'clientProcesses',
      'seed',
    ] as const;
    const samples = [
      '-1',
      '0',
      '0.5',
      '1',
      '2',
      '16',
      '20',
      '21',
      '63',
      '64',
      '512',
      '513',
      '1024',
      '1025',
      '3600',
      '3601',
      '100000',
      '100001',
      '4294967295',
      '4294967296',
    ];
    for (const key of numbers) {
      for (const sample of samples) {
        const isGood = suiteSchema.safeParse({ models: ['a'], [key]: Number(sample) }).success;
        expect(suiteOptions[key].parse(sample) !== undefined, `${key} ${sample}`).toBe(isGood);
      }
    }
  });

  it.each(commands.map((command) => [command.name, command] as const))('of %s have no spelling twice', (_, command) => {
    const all = Object.entries({ ...globalOptions, ...command.options }).flatMap(([name, option]) =>
      spellings(name, option),
    );
    expect(all.filter((spelling, index) => all.indexOf(spelling) !== index)).toEqual([]);
  });

  it.each(commands.map((command) => [command.name, command] as const))('load the handler of %s', async (_, command) => {
    expect(await command.load()).toBeTypeOf('function');
  });
});

describe('generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is what the code says', (name, content) => {
    expect(readFileSync(join(root, name), 'utf8')).toBe(content);
  });
});
