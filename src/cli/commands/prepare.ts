import { existsSync } from 'node:fs';
import { UsageError } from '../../core/errors.ts';
import { catalogue } from '../../sources/catalogue.ts';
import { defaultProtocols } from '../../tasks/index.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandHandler } from '../options/command.ts';
import { defaultSuiteChoices, suiteTemplate, type SuiteChoices } from '../suite-file/suite-template.ts';
import type { initOptions, dataOptions, noOptions } from '../tables/prepare-options.ts';
import { perbenchVersion } from '../version.ts';
import { writeWhole } from '../write-outputs.ts';
import { jsonText, plainText } from '../../present/sanitise.ts';
import type { DoctorLine, DoctorState } from '../doctor/doctor-check.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { dataFolder, sourceSettings } from '../local-world.ts';
import { suiteJsonSchema, taskJsonSchema } from '../../core/suite.ts';
import { RootCommand } from '@bomb.sh/tab';

export const init: CommandHandler<typeof initOptions> = async (
  { arguments: [file = 'perbench.yaml', ...rest], options },
  context,
) => {
  if (file === 'task') return (await import('./init-task.ts')).initTask(rest, options, context);
  const [extra] = rest;
  if (extra !== undefined) {
    throw new UsageError(`init: "${extra}" is too many: a suite file is one file`, {
      hint: `For a task on data of your own write: perbench init task ${extra}`,
    });
  }
  const path = context.path(file);
  if (!/\.ya?ml$/.test(path)) {
    throw new UsageError(`${file}: not a YAML file`, { hint: 'Name a file with the extension .yaml.' });
  }
  if (existsSync(path) && options.force !== true) {
    throw new UsageError(`${file} already exists`, { hint: 'Name another file, or pass --force to overwrite it.' });
  }
  const choices = context.isInteractive ? await ask() : defaultSuiteChoices;
  if (choices === undefined) {
    context.output.note('nothing was written');
    return exitCodes.interrupted;
  }
  await writeWhole(path, suiteTemplate(choices));
  context.output.record('suite-file', { path });
  context.output.result(`wrote ${file}`);
  context.output.note(`next: perbench plan ${file}, then perbench run ${file}`);
  return exitCodes.done;
};

/** Undefined where the user gave up. */
async function ask(): Promise<SuiteChoices | undefined> {
  const { group, multiselect, select, text } = await import('@clack/prompts');
  let isCancelled = false;
  const answers = await group(
    {
      models: () =>
        multiselect({
          message: 'Which models? (add others in the file)',
          options: catalogue.map(({ name, title, parameters }) => ({
            value: name,
            label: title,
            hint: `${(parameters / 1e9).toFixed(2)} B parameters`,
          })),
          initialValues: [...defaultSuiteChoices.models],
        }),
      tasks: () =>
        multiselect({
          message: 'Which tasks?',
          options: Object.entries(defaultProtocols).map(([name, id]) => ({ value: name, label: id })),
          initialValues: Object.keys(defaultProtocols),
        }),
      limit: () =>
        text({
          message: 'How many items per task? (empty: all)',
          initialValue: String(defaultSuiteChoices.limit),
          validate: (value) =>
            value === undefined || /^[1-9]\d*$|^$/.test(value) ? undefined : 'Enter a whole number, or nothing',
        }),
      protocol: () =>
        select({
          message: 'Which measurement protocol?',
          options: [
            {
              value: 'serving' as const,
              label: 'serving',
              hint: 'accuracy, throughput, latency and memory over three engine launches',
            },
            { value: 'paper' as const, label: 'paper', hint: 'one pass over the data, as in the paper' },
          ],
        }),
    },
    {
      onCancel: () => {
        isCancelled = true;
      },
    },
  );
  if (isCancelled) return undefined;
  const { limit, ...rest } = answers;
  return { ...rest, limit: limit === undefined || limit === '' ? undefined : Number(limit) };
}

const marks: Readonly<Record<DoctorState, { readonly mark: string; readonly style: 'green' | 'yellow' | 'red' }>> = {
  ok: { mark: '✓', style: 'green' },
  warn: { mark: '!', style: 'yellow' },
  fail: { mark: '✗', style: 'red' },
};

export const doctor: CommandHandler<typeof dataOptions> = async ({ options }, context) => {
  const settings = sourceSettings(context);
  const { storePlace, interruption, output } = context;
  const openStore: CliContext['openStore'] = (access) => context.openStore(access);
  const dataDir = dataFolder(options.dataDir, context, settings);
  const counts: Record<DoctorState, number> = { ok: 0, warn: 0, fail: 0 };
  for await (const line of runDoctor({ settings, dataDir, storePlace, openStore, signal: interruption.signal })) {
    counts[line.state] += 1;
    output.record('check', line);
    output.result(lineText(line, context));
  }
  output.result(`\nok: ${counts.ok}, warnings: ${counts.warn}, failures: ${counts.fail}`);
  return counts.fail > 0 ? exitCodes.environment : exitCodes.done;
};

function lineText(line: DoctorLine, { output }: CliContext): string {
  const { mark, style } = marks[line.state];
  const found = `${output.styled(mark, style)} ${line.name}: ${plainText(line.detail)}`;
  return line.state === 'ok' ? found : `${found}\n    ${plainText(line.mend)}`;
}

async function schemaOf(what: string): Promise<object> {
  if (what === 'results') return (await import('../../present/report.ts')).reportJsonSchema();
  if (what === 'prices') return (await import('../../app/prices-file.ts')).pricesJsonSchema();
  return what === 'task' ? taskJsonSchema() : suiteJsonSchema();
}

export const schema: CommandHandler<typeof noOptions> = async ({ arguments: [what = 'suite'] }, { output }) => {
  const found = await schemaOf(what);
  if (output.isJson) output.record('schema', { schema: found });
  else output.raw(`${jsonText(found, 2)}\n`);
  return exitCodes.done;
};

export const version: CommandHandler<typeof noOptions> = async (_, { output }) => {
  output.record('version', { version: perbenchVersion() });
  output.result(perbenchVersion());
  return exitCodes.done;
};

/**
 * Prints the completion script of a shell. It calls `perbench complete -- words…` at each press of the key, so it knows
 * new tasks and models without being generated again.
 */
export const completion: CommandHandler<typeof noOptions> = async ({ arguments: [shell = 'bash'] }) => {
  // The library writes to stdout itself.
  new RootCommand().setup('perbench', 'perbench', shell);
  return exitCodes.done;
};
