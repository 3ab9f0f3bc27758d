import { estimateListed, estimateSuite } from '../../app/estimate-suite.ts';
import { estimatedRequest, type Estimates, gpuMemoryError, type ModelEstimate } from '../../app/estimate-models.ts';
import type { GpuSupply } from '../../app/gpu-outlook.ts';
import { UsageError } from '../../core/errors.ts';
import { countOf, percentText, sizeAmount, sizeText } from '../../core/amount-text.ts';
import type { Measurement } from '../../core/measurement.ts';
import type { Suite } from '../../core/suite.ts';
import { thresholds } from '../../core/thresholds.ts';
import { memoryLimitBytes } from '../../meters/host-limits.ts';
import { type Cell, measuredCell, missing, separatedName, sizeCell } from '../../present/document.ts';
import { shortListText } from '../../scoring/board-text.ts';
import type { EstimateFactor } from '../../stats/estimate-factor.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLocalContext } from '../local-world.ts';
import { parametersCell } from '../parameters-cell.ts';
import { printTable } from '../print-document.ts';
import { createStatusLine } from '../progress/status-line.ts';
import { openExistingStore } from '../stored-runs.ts';

/**
 * Refuses flags that mean nothing without another one.
 *
 * @throws {UsageError} that names the first
 */
export function requireFlag<Name extends string>(
  flag: string,
  names: readonly Name[],
  origins: Readonly<Record<Name, { readonly source: string }>>,
): void {
  const lone = names.find((name) => origins[name].source === 'flag');
  if (lone === undefined) return;
  const spelling = `--${separatedName(lone, '-')}`;
  throw new UsageError(`${spelling} is for ${flag} alone`, { hint: `Give both, or leave ${spelling} out.` });
}

interface EstimateFlags {
  readonly gpus: GpuSupply;
  readonly recalibrate: boolean;
}

async function estimated<Result>(
  { gpus, recalibrate }: EstimateFlags,
  context: CliContext,
  work: (
    local: Awaited<ReturnType<typeof createLocalContext>>,
    options: Parameters<typeof estimateSuite>[2],
  ) => Promise<Result>,
): Promise<Result> {
  const status = createStatusLine(context);
  const local = await createLocalContext(context, status);
  const store = await openExistingStore(context);
  const { signal } = context.interruption;
  const onDetail = (text: string): void => context.output.detail(text);
  const options = { store, memoryLimitBytes: memoryLimitBytes(), gpus, recalibrate, signal, onDetail };
  return work(local, options).finally(() => status[Symbol.dispose]());
}

/** Prints what the models of a suite would be on this machine. */
export async function showEstimates(suite: Suite, flags: EstimateFlags, context: CliContext): Promise<number> {
  const estimates = await estimated(flags, context, (local, options) => estimateSuite(suite, local, options));
  printEstimates(estimates, context);
  return estimates.models.some(({ problem, fits }) => problem !== undefined || fits === false)
    ? exitCodes.environment
    : exitCodes.done;
}

/** Prints the catalogue and what is on this machine, those first that fit. */
export async function showFit(
  { allowBusy, ...flags }: EstimateFlags & { readonly allowBusy: boolean },
  context: CliContext,
): Promise<number> {
  const estimates = await estimated(flags, context, (local, options) =>
    estimateListed(local, { ...options, allowBusy }),
  );
  printEstimates(estimates, context);
  context.output.note(
    'Models that fit come first, the largest of them at the top, of equal ones the fastest. How good they are is not known before they are measured.',
  );
  return exitCodes.done;
}

function printEstimates(estimates: Estimates, context: CliContext): void {
  const { models, errors, roofline, rooflineProblem, memoryLimitBytes: limit } = estimates;
  const { output } = context;
  const headings = ['model', 'parameters', 'active', 'file', 'memory', 'prefill t/s', 'decode t/s', 'on disk', ''];
  printTable(headings, models.map(estimateRow), context);
  output.result(`\n${[...basisLines(estimates), ...freeLines(estimates)].join('\n')}`);
  for (const model of models) output.record('estimate', model);
  output.record('estimates', { errors, roofline, rooflineProblem, memoryLimitBytes: limit, request: estimatedRequest });
  for (const text of problemsOf(estimates)) output.warn(text);
}

function problemsOf({ models, rooflineProblem }: Estimates): readonly string[] {
  const own = models.flatMap(({ name, problem }) => {
    if (problem === undefined) return [];
    return [
      problem.startsWith(`${name}: `) ? { name, why: problem.slice(name.length + 2) } : { name: '', why: problem },
    ];
  });
  // What is so of many, as without a network, is one thing to say.
  const alike = Array.from(
    Map.groupBy(own, ({ why }) => why),
    ([why, those]) => {
      const names = [...new Set(those.map(({ name }) => name))].filter((name) => name !== '');
      return names.length === 0 ? why : `${shortListText(names)}: ${why}`;
    },
  );
  const tooLarge = models.filter(({ fits, problem }) => fits === false && problem === undefined);
  const names = tooLarge.map(({ name }) => name).join(', ');
  return [
    ...(rooflineProblem === undefined ? [] : [rooflineProblem]),
    ...alike,
    ...(tooLarge.length === 0 ? [] : [`not enough free memory for ${names}`]),
  ];
}

function estimateRow({
  name,
  header,
  memory,
  promptTokensPerSecond,
  outputTokensPerSecond,
  isHere,
  fits,
}: ModelEstimate): readonly Cell[] {
  return [
    name,
    header === undefined ? missing : parametersCell(header.parameters),
    header === undefined ? missing : parametersCell(header.activeParameters),
    header === undefined ? missing : sizeCell(header.fileBytes),
    memoryCell(memory),
    rateCell(promptTokensPerSecond),
    rateCell(outputTokensPerSecond),
    isHere ? 'yes' : 'no',
    fits === false ? 'does not fit' : '',
  ];
}

const mebibyte = 2 ** 20;
/** From here on nobody reads it in MiB. */
const manyBytes = 2 ** 37;
const mark = { mark: '~' } as const;

function memoryCell(memory: Measurement): Cell {
  if (memory.status === 'unavailable') return missing;
  const { value, interval } = memory;
  if (value < manyBytes)
    return measuredCell(value, interval, { divisor: mebibyte, decimals: 0 }, { after: ' MiB', ...mark });
  const { value: shown, decimals, unit } = sizeAmount(value);
  return measuredCell(value, interval, { divisor: value / shown, decimals }, { after: ` ${unit}`, ...mark });
}

function rateCell(rate: Measurement): Cell {
  return rate.status === 'unavailable' ? missing : measuredCell(rate.value, rate.interval, {}, mark);
}

/** `memory 0.97 (0.75 to 1.25, 3 models)` */
function factorText([name, { factor, low, high, n }]: NamedFactor): string {
  const [at, from, to] = [factor, low, high].map((value) => value.toFixed(2));
  return `${name} ${at} (${from} to ${to}, ${n === 0 ? 'assumed' : countOf(n, 'model')})`;
}

/** Who measures on a busy machine is told so with each number. */
function othersText({ otherShare }: NonNullable<Estimates['roofline']>): string {
  const isBusy = otherShare !== null && otherShare > thresholds.hostBusy;
  return isBusy ? `, while others took ${percentText(otherShare)} of the CPU` : '';
}

type NamedFactor = readonly [name: string, factor: EstimateFactor];

/** Only those that a row was multiplied with. */
function usedFactors({ models, errors, roofline }: Estimates): readonly NamedFactor[] {
  const { memory, firstToken, token } = errors;
  const known = models.filter((model) => model.memory.status !== 'unavailable');
  return [
    ...(known.some(({ gpus }) => gpus === undefined) ? [['memory', memory] as const] : []),
    ...(known.some(({ gpus }) => gpus !== undefined) ? [['memory of GPUs', gpuMemoryError] as const] : []),
    ...(roofline === undefined
      ? []
      : ([
          ['prefill time', firstToken],
          ['decode time', token],
        ] as const)),
  ];
}

function basisLines(estimates: Estimates): readonly string[] {
  const { roofline } = estimates;
  const factors = usedFactors(estimates);
  const isAssumed = factors.every(([, { n }]) => n === 0);
  const { promptTokens, outputTokens } = estimatedRequest;
  return [
    `~ estimated from the headers of the files, not measured: one request of ${promptTokens} tokens with an answer of ${outputTokens}`,
    ...(factors.length === 0
      ? []
      : [
          `measured over estimated, ${isAssumed ? 'assumed since no run on this machine tells' : 'by runs on this machine where they tell'}: ${factors.map(factorText).join(', ')}; estimates are multiplied with it, and the intervals (95 %) are its own`,
        ]),
    ...(roofline === undefined
      ? []
      : [
          `speed of this machine: measured ${new Date(roofline.measuredAtMs).toISOString().slice(0, 10)} with ${countOf(roofline.threads, 'thread')}${othersText(roofline)}; --recalibrate measures it again`,
        ]),
    ...withoutSpeed(estimates),
  ];
}

/** Why models have no speed, though nothing is wrong with them; a machine that can't be measured is said once, below. */
function withoutSpeed({ models, rooflineProblem }: Estimates): readonly string[] {
  const alike = Map.groupBy(models, ({ problem, outputTokensPerSecond: rate }) =>
    problem === undefined && rate.status === 'unavailable' ? rate.detail : rooflineProblem,
  );
  return [...alike].flatMap(([reason, those]) =>
    reason === rooflineProblem ? [] : [`no speed of ${those.map(({ name }) => name).join(', ')}: ${reason}`],
  );
}

/** `free memory: 12 GiB on the host, 4 GiB on each of 2 GPUs` */
function freeLines({ models, memoryLimitBytes: limit }: Estimates): readonly string[] {
  const gpus = new Map(models.flatMap(({ gpus: own = [] }) => own.map((gpu) => [gpu.name, gpu] as const)));
  const sizes = Map.groupBy(gpus.values(), ({ freeBytes }) => sizeText(freeBytes));
  const free = [...sizes].map(
    ([size, { length }]) => `${size} on ${length === 1 ? 'a GPU' : `each of ${length} GPUs`}`,
  );
  const host = limit === undefined ? [] : [free.length === 0 ? sizeText(limit) : `${sizeText(limit)} on the host`];
  return host.length + free.length === 0 ? [] : [`free memory: ${[...host, ...free].join(', ')}`];
}
