import { type Cell, numberCell, sizeCell } from '../../present/document.ts';
import type { PlacementPlan } from '../../gguf/plan-placement.ts';
import { gpuSupply, type GpuSupply } from '../../app/gpu-outlook.ts';
import { UsageError } from '../../core/errors.ts';
import { readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import { type CellOutlook, planSuite, type ProbeOutlook, type SuiteOutlook } from '../../app/plan-suite.ts';
import type { ModelOutlook } from '../../app/model-outlook.ts';
import { memoryLimitBytes as readMemoryLimit } from '../../meters/host-limits.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { roughAmounts, roughRange, sizeText } from '../../core/amount-text.ts';
import type { CliContext } from '../context.ts';
import { printTable } from '../print-document.ts';
import { exitCodes } from '../exit-codes.ts';
import { requireFlag, showEstimates } from './estimates.ts';
import { createLocalContext } from '../local-world.ts';
import type { CommandHandler, CommandInput } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { openExistingStore } from '../stored-runs.ts';
import { suiteOfCommand } from '../suite-file/suite-of-command.ts';
import type { gpuOptions, planOptions } from '../tables/measure-options.ts';
import type { SuiteOptions } from '../tables/suite-options.ts';

export const plan: CommandHandler<typeof planOptions> = async (input, context) => {
  const { estimate, recalibrate = false, probe, gpuMemory: memoryBytes, gpus: count } = input.options;
  if (estimate !== true) {
    requireFlag('--estimate', ['recalibrate'], input.origins);
    return showPlan(input, context, probe);
  }
  if (input.origins.probe.source === 'flag') {
    throw new UsageError('both --estimate and --probe were given', {
      hint: 'An estimate starts nothing: give --probe to plan what a run takes.',
    });
  }
  const { suite } = await suiteOfCommand(input, context);
  const gpus = gpuSupply(await readGpuDevices(), { memoryBytes, count });
  return showEstimates(suite, { gpus, recalibrate }, context);
};

/** Whether the speed of models is measured first. */
type Probe = 'auto' | 'always' | 'never';

/** Prints what a run would take; downloads nothing, and starts engines only to probe their speed. */
export async function showPlan(
  input: Pick<CommandInput<SuiteOptions & typeof gpuOptions>, 'arguments' | 'options' | 'origins'>,
  context: CliContext,
  probe: Probe,
): Promise<number> {
  const { suite, limitShare } = await suiteOfCommand(input, context);
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const store = await openExistingStore(context);
  const { gpuMemory: memoryBytes, gpus: count } = input.options;
  const supply = gpuSupply(await readGpuDevices(), { memoryBytes, count });
  const outlook = await planSuite(suite, local, {
    store,
    probe,
    limitShare,
    memoryLimitBytes: readMemoryLimit(),
    gpus: supply,
    signal: context.interruption.signal,
    onProbe: {
      start: (planned) => context.output.note(probeText(planned)),
      step: (step) => status.probe(step),
    },
  }).finally(() => status[Symbol.dispose]());
  printOutlook(outlook, supply, probe, context);
  return outlook.problems.length > 0 ? exitCodes.environment : exitCodes.done;
}

function probeText({ models, tasks, items, about }: ProbeOutlook): string {
  const what = `${counted(models, 'model')} on ${counted(tasks, 'task')}, ${items} items each`;
  const time = about === undefined ? '' : `, about ${roughRange(about.lowMs, about.highMs)}`;
  return `Measuring speed first: ${what}${time}. --probe never skips this.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function printOutlook(outlook: SuiteOutlook, gpus: GpuSupply, probe: Probe, context: CliContext): void {
  const { output } = context;
  printTable(['model', 'source', 'to download', 'memory', ''], outlook.models.map(modelRow), context);
  output.result('');
  const assumed = new Set(outlook.models.filter(({ isAssumed }) => isAssumed === true).map(({ name }) => name));
  const rows = outlook.cells.map((cell) => cellRow(cell, assumed.has(cell.model)));
  printTable(['model', 'task', 'items', 'time', 'based on'], rows, context);
  output.result(`\n${summary(outlook, probe)}`);
  if (outlook.models.some(({ gpu }) => gpu !== undefined)) output.result(gpuSummary(gpus));
  for (const model of outlook.models) {
    const { name, placement, draftPlacement } = model;
    if (placement !== undefined) output.result(placementLine(name, placement));
    if (draftPlacement !== undefined) output.result(placementLine(`${name}, draft`, draftPlacement));
  }
  for (const line of deviceLines(outlook.models)) output.note(line);
  for (const model of outlook.models) output.record('model', model);
  for (const cell of outlook.cells) output.record('cell', cell);
  const { duration, cellsWithoutSpeed, memoryLimitBytes, problems } = outlook;
  output.record('plan', { duration, cellsWithoutSpeed, memoryLimitBytes, problems });
  for (const problem of problems) output.warn(problem);
}

const assumptions =
  'memory per GPU is an estimate: weights by data type, a full key-value cache, and 2 GiB for everything else';

function gpuSummary({ count, memoryBytes, from }: GpuSupply): string {
  const size = memoryBytes === undefined ? '' : `, ${sizeText(memoryBytes)} each`;
  const number = from === 'assumed' && count !== undefined ? `${count} ` : '';
  return `GPUs: ${number}${from}${size}\n${assumptions}`;
}

/** Why the CPU computes models that perbench loads, a line for each reason: with their names where others have another. */
function deviceLines(models: readonly ModelOutlook[]): readonly string[] {
  const loaded = models.filter(({ computedBy }) => computedBy !== undefined);
  const byChoice = Map.groupBy(loaded, ({ placement, computesOn, mend }) =>
    placement === undefined ? withRemedy(computesOn ?? '', mend) : '',
  );
  return [...byChoice].flatMap(([choice, alike]) => {
    if (choice === '') return [];
    return alike.length === loaded.length ? [choice] : alike.map(({ name }) => `${name}: ${choice}`);
  });
}

/** `m: 31 of 41 layers on NVIDIA A10 (9.6 of 9.8 GiB free), 3 GiB in host memory` */
function placementLine(name: string, { gpus, allLayers, hostBytes, hostExperts }: PlacementPlan): string {
  const parts = gpus
    .filter(({ layers }) => layers > 0)
    .map(
      ({ layers, description, totalBytes, freeBytes }) =>
        `${layers} of ${allLayers} layers on ${description} (about ${sizeText(totalBytes)} of ${sizeText(freeBytes)} that are free)`,
    );
  const experts = hostExperts === 0 ? '' : `, with the experts of ${hostExperts} layers`;
  return `${name}: ${parts.join(', ')}, about ${sizeText(hostBytes)} in host memory${experts}`;
}

function modelRow({
  name,
  source,
  isHere,
  bytesToFetch,
  bytesCertainty,
  memoryBytes,
  fits,
  problem,
  gpu,
  placement,
}: ModelOutlook): readonly Cell[] {
  const fetch = isHere ? '–' : bytesToFetch === undefined ? 'unknown' : fetched(bytesToFetch, bytesCertainty);
  const gpus = gpu?.gpus ?? placement?.gpus.filter(({ layers }) => layers > 0).length ?? 1;
  const each = gpus < 2 ? '' : ` x ${gpus}`;
  const memory = memoryBytes === undefined ? 'unknown' : `about ${sizeText(memoryBytes)}${each}`;
  return [
    name,
    shortSource(source),
    fetch,
    memory,
    fits === false ? 'does not fit' : problem === undefined ? '' : 'cannot run',
  ];
}

/** Where a model comes from, in short; `--json` and `perbench models list` have it in full. */
function shortSource(source: string): string {
  const kinds: readonly (readonly [prefix: string, name: string])[] = [
    ['hf:', 'the hub'],
    ['pip:', 'PyPI'],
  ];
  return source
    .split(', or ')
    .map((place) => kinds.find(([prefix]) => place.startsWith(prefix))?.[1] ?? place)
    .join(' or ');
}

function cellRow(
  { model, taskId, items, duration, basis, answersOf }: CellOutlook,
  isAssumed: boolean,
): readonly Cell[] {
  const source = isAssumed ? 'measured only on that machine' : basis;
  return [
    model,
    taskId,
    numberCell(items, 0),
    duration === undefined ? 'unknown' : durationCell(duration.lowMs, duration.highMs),
    [source, answersOf && `answers of ${answersOf}`].filter((text) => text !== undefined).join(', '),
  ];
}

function fetched(bytes: number, certainty: ModelOutlook['bytesCertainty']): Cell {
  return certainty === 'estimated' ? `about ${sizeText(bytes)}` : sizeCell(bytes);
}

/** A range, or one number where its ends read the same. */
function durationCell(lowMs: number, highMs: number): Cell {
  const { low, high, decimals, unit } = roughAmounts(lowMs, highMs);
  return low === high ? numberCell(Number(high), decimals, { after: ` ${unit}` }) : roughRange(lowMs, highMs);
}

function summary({ cells, models, duration, cellsWithoutSpeed, memoryLimitBytes }: SuiteOutlook, probe: Probe): string {
  const unknown =
    probe === 'never'
      ? 'nothing was probed; perbench plan probes models and data on this machine'
      : 'only models, data and GPUs of this machine can be probed';
  const items = cells.reduce((total, cell) => total + cell.items, 0);
  const bytes = models.reduce((total, model) => total + (model.bytesToFetch ?? 0), 0);
  const known = cells.length - cellsWithoutSpeed;
  return [
    `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, ${items} items, ${bytes === 0 ? 'nothing' : sizeText(bytes)} to download`,
    ...(known === 0 ? [] : [`time: ${roughRange(duration.lowMs, duration.highMs)}`]),
    ...(cellsWithoutSpeed === 0 ? [] : [`time unknown for ${cellsWithoutSpeed} of ${cells.length} cells: ${unknown}`]),
    ...(memoryLimitBytes === undefined ? [] : [`free memory: ${sizeText(memoryLimitBytes)}`]),
  ].join('\n');
}
