import { countOf, countText, humanInterval, decimalsFor, humanScale, sizeText } from '../../core/amount-text.ts';
import { type Measurement, knownMeasurement } from '../../core/measurement.ts';
import { thinkingText } from '../../core/model-setting.ts';
import { markOf } from '../../present/board-column.ts';
import type { Serving, ServingForm } from '../../present/serving.ts';
import { isDoubtfulReason } from '../../scoring/create-scoreboards.ts';
import type { ServeCommandLine } from './build-command.ts';
import { type ChosenServer, measuredServer } from './choose-server.ts';
import { imageOf, mountsOf, neededVariables } from './container.ts';
import { modelsClaim, resourceName } from './kubernetes.ts';
import type { MeasuredSetup } from './measured-setup.ts';
import { createCommand, ollamaEnvironment, ollamaGaps } from './modelfile.ts';
import { shellLines } from './command-word.ts';

/** `throughput 12.3 items/s (11.9 to 12.6)`; a doubtful one is `12.3!`. */
function numberText(name: string, measurement: Measurement | undefined): readonly string[] {
  const known = knownMeasurement(measurement);
  if (known === undefined) return [];
  const { value, unit, interval } = known;
  const { divisor, label } = humanScale(unit, [value]);
  const decimals = unit === 'ratio' ? 3 : decimalsFor(value / divisor);
  const text = (amount: number): string => (amount / divisor).toFixed(decimals);
  const range = interval === undefined ? '' : ` (${text(interval.low)} to ${text(interval.high)})`;
  const mark = markOf(known);
  const amount =
    unit === 'ratio'
      ? `${text(value)}${mark}`
      : `${humanInterval(value / divisor, undefined, decimals)}${mark} ${label}`;
  return [`${name} ${amount}${range}`];
}

/** What marks beside the numbers mean, each once. */
function markTexts(measurements: readonly (Measurement | undefined)[]): readonly string[] {
  const warnings = measurements.flatMap((measurement) => knownMeasurement(measurement)?.warnings ?? []);
  return [...new Set(warnings.map(({ reason, detail }) => `${isDoubtfulReason(reason) ? '!' : '~'} ${detail}`))];
}

function engineText({ facts, engine }: MeasuredSetup): string {
  const build = facts.engineBuild ?? 'an engine of unknown version';
  if (engine === 'llama') return `in process by ${build}`;
  return engine === 'managed' ? `behind ${build}, which perbench started` : `at a server that was running: ${build}`;
}

function hostText({ run: { manifest } }: MeasuredSetup): string {
  const { cpuModel, cores, gpus } = manifest.host;
  return [cpuModel, `${cores} cores`, ...gpus].join(', ');
}

/** What was measured of a model as it is served, the numbers of each task last. */
export function measuredNotes(setup: MeasuredSetup): readonly string[] {
  const { facts, sequences, contextTokens, cells, run, file, thinking } = setup;
  const weights = [facts.quantisation, file?.source ?? facts.source, file?.sha256 && `sha256 ${file.sha256}`];
  const load = sequences === undefined ? 'requests at a load of its own' : `${countOf(sequences, 'request')} at once`;
  const rate = run.suite.requestRate === undefined ? '' : `, sent at ${run.suite.requestRate} per second`;
  const context = contextTokens === undefined ? '' : `, ${countText(contextTokens)} tokens each`;
  return [
    `the weights: ${weights.filter((part) => part !== undefined && part !== '').join(', ')}`,
    `${engineText(setup)}, on ${hostText(setup)}`,
    `throughput and memory with ${load}${rate}${context}; latency one request at a time`,
    ...(thinking === undefined || thinking.mode === 'none'
      ? []
      : [`thinking: ${thinkingText(thinking)}, since ${thinking.because}`]),
    ...cells.map(({ taskId, measurements: { accuracy, throughput, latency, memory } }) => {
      const numbers = [
        ...numberText('accuracy', accuracy),
        ...numberText('throughput', throughput),
        ...numberText('latency', latency),
        ...numberText('memory', memory),
      ];
      const told = numbers.length === 0 ? 'no number is known' : numbers.join(', ');
      return [`${taskId}: ${told}`, ...markTexts([accuracy, throughput, latency, memory])].join('; ');
    }),
  ];
}

function engineGap(setup: MeasuredSetup, chosen: ChosenServer): readonly string[] {
  if (measuredServer(setup) === chosen) {
    return setup.engine === 'openai'
      ? [
          "the settings of the server that was measured: they aren't known; those that the command doesn't name are the server's own defaults",
        ]
      : [];
  }
  const name = chosen === 'command' ? 'this command' : chosen;
  const same = setup.engine === 'llama' && chosen === 'llama-server' ? 'the settings are the same, but ' : '';
  return [`${name}: ${same}speed, memory and the rounding of answers through it were not measured`];
}

function imageGap(setup: MeasuredSetup, chosen: ChosenServer, form: ServingForm): readonly string[] {
  if ((form !== 'docker' && form !== 'kubernetes') || chosen === 'command' || chosen === 'ollama') return [];
  const { image, isPinned } = imageOf(setup, chosen);
  return [
    isPinned
      ? `the image ${image}, which is of the measured version`
      : `the image ${image}: its version is whatever is newest`,
  ];
}

/** What of a deployment nobody measured. */
export function notMeasuredNotes(setup: MeasuredSetup, chosen: ChosenServer, form: ServingForm): readonly string[] {
  const { sequences, longest, memoryBytes, isOnGpu, isContextFromItems, contextTokens } = setup;
  const wasServed = setup.engine !== 'llama';
  const isCachedOff = setup.server?.prefixCaching !== true;
  return [
    ...engineGap(setup, chosen),
    ...imageGap(setup, chosen, form),
    wasServed
      ? 'the network: requests came from where perbench ran'
      : 'the network, and what a server adds: there was none in between',
    ...(sequences === undefined
      ? []
      : [`more than ${countOf(sequences, 'request')} at once: further ones wait for their turn`]),
    ...(longest.promptTokens === 0
      ? []
      : [
          `prompts of more than ${countText(longest.promptTokens)} tokens, and answers of more than ${countText(longest.outputTokens)}`,
        ]),
    ...(isContextFromItems
      ? [
          `other contexts: none was set, and ${countText(contextTokens ?? 0)} tokens is what the longest prompt and answer took, rounded up`,
        ]
      : []),
    ...(isCachedOff ? ['reuse of prompts that begin alike: it was off while time was measured'] : []),
    ...(form === 'kubernetes' && memoryBytes !== undefined
      ? [
          isOnGpu
            ? `memory of the host: ${sizeText(memoryBytes)} of GPU memory were measured`
            : `memory beyond the request: it is the highest peak that was measured, ${sizeText(memoryBytes)}`,
        ]
      : []),
    ...(chosen === 'ollama' ? ollamaGaps(setup) : []),
    'other machines than that one',
  ];
}

/** What requests must carry beside what the command says. */
export function requestNotes(setup: MeasuredSetup, chosen: ChosenServer): readonly string[] {
  const { facts, entry, templateArgs, thinking, engine } = setup;
  const isGreedyByItself = chosen === 'llama-server' || chosen === 'vllm' || chosen === 'ollama';
  const isTold = chosen === 'llama-server' || chosen === 'vllm';
  const isOpen = engine !== 'llama' && thinking !== undefined && thinking.mode !== 'none';
  const hasArguments = Object.keys(templateArgs).length > 0 && facts.promptStyle !== 'plain';
  return [
    isGreedyByItself
      ? 'temperature 0, as the command sets it: requests that name another differ'
      : 'temperature 0: set it in each request',
    ...(hasArguments && !isTold ? [`chat_template_kwargs ${JSON.stringify(templateArgs)} in each request`] : []),
    ...(isOpen && !hasArguments
      ? [`thinking as it was measured (${thinkingText(thinking)}; ${thinking.because}): set it in each request`]
      : []),
    ...(facts.promptStyle === 'plain' ? ['plain prompts, to /v1/completions: no chat template was used'] : []),
    ...(entry.structuredOutput === true ? ['response_format with the JSON schema: answers were held to it'] : []),
  ];
}

function fileNotes(setup: MeasuredSetup, form: ServingForm): readonly string[] {
  const files = [setup.file, setup.draft].filter((file) => file !== undefined);
  const missing = files
    .filter(({ isHere }) => !isHere)
    .map(({ path, source }) =>
      path === source
        ? `put the measured weights back: there is no ${path} on this machine`
        : `put the measured weights at ${path}: they aren't on this machine; perbench models pull ${source} fetches them`,
    );
  if (form !== 'kubernetes') return missing;
  const mounts = mountsOf(setup);
  if (mounts.length === 0) return missing;
  const listed = mounts.map(({ from, to }) => `${from} as ${to.slice(1)}`).join(', ');
  return [...missing, `a persistent volume claim named ${modelsClaim} with ${listed}`];
}

/** What was set for another server than the one that is to serve, by name: some of it may be a secret. */
function leftOutNotes({ server }: MeasuredSetup, chosen: ChosenServer): readonly string[] {
  if (server?.preset === undefined || server.preset === chosen) return [];
  const flags = server.arguments.flatMap((word) => /^-[^=]*/u.exec(word)?.[0] ?? []);
  const cache = server.kvCacheGiB === undefined ? [] : [`a key-value cache of ${server.kvCacheGiB} GiB`];
  const names = [...flags, ...Object.keys(server.environment), ...cache];
  if (names.length === 0) return [];
  return [
    `settings of ${server.preset} that ${chosen} isn't given: ${names.join(', ')}; give it its own, such as an API key`,
  ];
}

/** Files that the user's own arguments name: they aren't known to be files, so nothing mounts them. */
function argumentFileNotes({ server }: MeasuredSetup, chosen: ChosenServer, form: ServingForm): readonly string[] {
  if (server?.preset !== chosen || (form !== 'docker' && form !== 'kubernetes')) return [];
  const paths = server.arguments.flatMap((word) => /^(?:-[^=]*=)?((?:~|\.{1,2})?\/.*)$/u.exec(word)?.[1] ?? []);
  return paths.length === 0 ? [] : [`mount what the arguments name, at the same paths: ${paths.join(', ')}`];
}

function ollamaNotes(setup: MeasuredSetup, line: ServeCommandLine, form: ServingForm): readonly string[] {
  if (form === 'shell')
    return [`then, in another shell: ${createCommand(setup)}, where FILE is the Modelfile of --as modelfile`];
  const variables = Object.entries(ollamaEnvironment(setup, line)).map(([name, value]) => [`${name}=${value}`]);
  const server = shellLines([...variables, ['ollama'], ['serve']]).replaceAll(' \\\n  ', ' ');
  return [`start the server: ${server}`, `make the model: ${createCommand(setup)}, where FILE is this Modelfile`];
}

/** What must be there before the command does anything. */
export function beforeNotes(
  setup: MeasuredSetup,
  chosen: ChosenServer,
  line: ServeCommandLine,
  form: ServingForm,
): Serving['before'] {
  const variables = neededVariables(line);
  const secrets = `${resourceName(setup.model)}-secrets`;
  const where = form === 'kubernetes' ? `a secret named ${secrets} with the keys` : 'set the variables';
  return [
    ...fileNotes(setup, form),
    ...argumentFileNotes(setup, chosen, form),
    ...leftOutNotes(setup, chosen),
    ...(variables.length === 0
      ? []
      : [`${where} ${variables.join(', ')}: their values were removed from the run as secrets`]),
    ...(chosen === 'ollama' ? ollamaNotes(setup, line, form) : []),
  ];
}
