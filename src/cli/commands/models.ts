import { type Cell, numberCell, sizeCell } from '../../present/document.ts';
import { plainTable } from '../../present/terminal.ts';
import { UsageError } from '../../core/errors.ts';
import { truncateText } from '../../present/text-width.ts';
import { sizeText } from '../../core/amount-text.ts';
import { listModels, removeModel, verifyModel, type ListedModel } from '../../sources/model-list.ts';
import { pullModel } from '../../sources/pull-model.ts';
import { exitCodes } from '../exit-codes.ts';
import { sourceSettings } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import type { modelsListOptions, noOptions } from '../tables/prepare-options.ts';

export const modelsList: CommandHandler<typeof modelsListOptions> = async ({ options }, context) => {
  const all = await listModels(sourceSettings(context));
  const models = all.filter(
    ({ path, entry }) => options.all === true || path !== undefined || entry?.pip !== undefined,
  );
  for (const model of models) context.output.record('model', model);
  context.output.result(
    plainTable(['model', 'parameters', 'size', 'licence', 'on disk', 'source'], models.map(modelRow)),
  );
  const hidden = all.length - models.length;
  if (hidden > 0) context.output.note(`and ${hidden} more in the catalogue: perbench models list --all`);
  return exitCodes.done;
};

function modelRow({ name, entry, bytes, path, source }: ListedModel): readonly Cell[] {
  const parameters = entry === undefined ? '' : parametersCell(entry.parameters);
  return [
    name,
    parameters,
    bytes === undefined ? '' : sizeCell(bytes),
    entry?.licence ?? '',
    path === undefined ? 'no' : 'yes',
    truncateText(source, 70),
  ];
}

function parametersCell(parameters: number): Cell {
  return parameters >= 1e9
    ? numberCell(parameters / 1e9, 1, { after: ' B' })
    : numberCell(parameters / 1e6, 0, { after: ' M' });
}

export const modelsPull: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  for (const name of names) {
    const status = createStatusLine(context);
    const pulled = await pullModel(name, settings, {
      baseDir: context.workingFolder,
      signal: context.interruption.signal,
      onProgress: (progress) => status.pull(progress),
    }).finally(() => status[Symbol.dispose]());
    context.output.record('model', pulled);
    context.output.result(
      `${pulled.name}: ${pulled.isFetched ? 'downloaded' : 'already on disk'}, ${sizeText(pulled.bytes)}, ${pulled.path}`,
    );
  }
  return exitCodes.done;
};

export const modelsVerify: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  const here = async (): Promise<readonly string[]> =>
    (await listModels(settings)).flatMap(({ path, entry, name, source }) =>
      path === undefined ? [] : [entry === undefined ? source : name],
    );
  let isBad = false;
  for (const name of names.length > 0 ? names : await here()) {
    const status = createStatusLine(context);
    const verified = await verifyModel(name, settings, {
      baseDir: context.workingFolder,
      signal: context.interruption.signal,
      onProgress: (progress) => status.pull(progress),
    }).finally(() => status[Symbol.dispose]());
    const { state, sha256, expectedSha256 } = verified;
    isBad ||= state === 'changed' || state === 'missing';
    context.output.record('model', verified);
    const detail =
      state === 'changed' ? `: ${sha256}, expected ${expectedSha256}` : sha256 === undefined ? '' : `: ${sha256}`;
    context.output.result(`${verified.name}: ${state}${detail}`);
  }
  return isBad ? exitCodes.environment : exitCodes.done;
};

export const modelsRemove: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  for (const name of names) {
    const freedBytes = await removeModel(name, settings, { baseDir: context.workingFolder });
    if (freedBytes === undefined) {
      throw new UsageError(`${name} is not on this machine`, { hint: 'List the models with perbench models list.' });
    }
    context.output.record('model', { name, freedBytes });
    context.output.result(`${name}: removed, ${sizeText(freedBytes)} freed`);
  }
  return exitCodes.done;
};
