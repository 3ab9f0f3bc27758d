import { clusterSchema, hostsSchema, shardsSetting } from './cluster-settings.ts';
import { gateLimitsSchema } from './limits-schema.ts';
import { parseGoodput } from './load.ts';
import { questionProblem } from './race-question.ts';
import { serverSchema } from './managed-server.ts';
import { answerKinds, taskDefinitionSchema } from './task-definition.ts';
import { choice, flag, listOf, real, section, text, whole, wholeOr, type Zod } from './settings.ts';

const nothing = { decides: 'nothing' } as const;
/** What is set for one model or task is in the suite key by what it leads to. */
const within = (label: string) => ({ decides: 'both', inKey: 'content', label }) as const;

/** `ThinkingChoice` (engine.ts). */
function thinkingSchema(zod: Zod) {
  const budget = zod.int().min(1).describe('tokens of thoughts, after which they are closed by force');
  const effort = zod.string().min(1).describe('a word that the template or the server knows, such as low');
  return zod.union([
    zod.enum(['auto', 'off', 'on']),
    zod.strictObject({ budget: budget.optional(), effort: effort.optional() }),
  ]);
}

/** Settings of one model of a suite. */
export const modelSettings = {
  name: text({
    ...nothing,
    help: 'name in tables',
    otherwise: 'the catalogue name, the file name, or the name on the server',
  }),
  source: text({
    ...within('model'),
    isRequired: true,
    help: 'catalogue name, path, hf:, pip:, URL with #sha256=, or the address of a server',
  }),
  style: choice(['auto', 'instruct', 'base'], {
    ...within('prompt style'),
    decides: 'answers',
    aliases: [{ name: 'apply-chat-template', constant: 'instruct' }],
    fallback: 'auto',
    help: 'chat template (instruct) or plain prompts (base) in generation tasks',
  }),
  engine: text({ ...within('engine'), argument: 'name', fallback: 'llama', help: 'engine that runs the model' }),
  server: section(serverSchema, {
    ...within('server'),
    help: 'server that perbench starts for the model and stops again',
  }),
  thinking: section(thinkingSchema, {
    ...within('thinking'),
    decides: 'both',
    help: 'whether the model thinks before it answers: auto, off, on, or {budget: tokens} or {effort: word}',
    otherwise: 'off where the chat template has a switch, else on with a budget',
  }),
  templateArgs: section((zod) => zod.record(zod.string(), zod.unknown()), {
    ...within('template arguments'),
    help: 'variables for the chat template, such as {enable_thinking: false}',
  }),
  structuredOutput: flag({
    ...within('structured output'),
    help: 'hold answers with a JSON schema to it while they are decoded',
  }),
  engineOptions: section((zod) => zod.record(zod.string(), zod.unknown()), {
    ...within('engine options'),
    fallback: {},
    help: 'options specific to the engine',
  }),
  /** Suites that are run have the candidates instead. */
  vary: section((zod) => zod.record(zod.string(), zod.unknown()), {
    ...nothing,
    help: 'settings with a list of values each, such as {kvCache: [f16, q8_0], threads: [1, 2]}: every combination is a model of its own',
  }),
} as const;

const ofData = { ...within('task'), hasEnvironment: false } as const;
const column = (help: string) => text({ ...ofData, argument: 'column', help });

/** Settings of one task of a suite. */
export const taskSettings = {
  task: text({ ...within('task'), isRequired: true, help: 'task id, short name, task file or data file' }),
  definition: section(taskDefinitionSchema, {
    ...within('task'),
    help: 'a task of your own, as in a task file; `task` is its name',
  }),
  input: column('column of a data file with the input'),
  target: column('column of a data file with the right answer'),
  answer: choice(answerKinds, { ...ofData, help: 'kind of answer that a data file asks for' }),
  shots: whole({
    ...within('few-shot examples per prompt'),
    aliases: [{ name: 'num-fewshot' }],
    min: 0,
    max: 64,
    help: 'few-shot examples per prompt',
    otherwise: "the protocol's own",
  }),
  limit: whole({ ...within('items'), above: 0, help: 'items of this task; overrides the suite' }),
  gates: section(gateLimitsSchema, {
    ...nothing,
    help: 'limits of this task for perbench gate; override those of the suite',
  }),
} as const;

/** Settings of a suite, in the order of the file, of `show --config` and of the suite key. */
export const suiteSettings = {
  $schema: section((zod) => zod.string(), { ...nothing, help: 'schema of this file, for editors' }),
  name: text({
    ...nothing,
    hasEnvironment: false,
    fallback: 'perbench',
    help: 'name of the suite, shown in lists',
  }),
  models: section(
    listOf(
      modelSettings,
      'catalogue name, path, hf:owner/repo/file.gguf, pip:package==version/path, a URL, or openai:http://host:8000/v1#name',
    ),
    { ...within('models'), isRequired: true, help: 'models to compare' },
  ),
  tasks: section(
    listOf(
      taskSettings,
      'task id or short name (gsm8k, gsm8k/per@2, all), a task file (tickets.task.yaml), or data (tickets.csv, hf:owner/name)',
    ),
    {
      ...within('tasks'),
      fallback: ['all'],
      help: 'tasks to run',
    },
  ),
  dataDir: text({
    ...nothing,
    argument: 'folder',
    completion: 'folder',
    help: 'data set folder',
    inFile: 'relative to this file',
  }),
  protocol: choice(['serving', 'paper'], {
    decides: 'both',
    label: 'protocol',
    fallback: 'serving',
    help: 'measurement protocol',
  }),
  limit: whole({
    ...within('items'),
    short: 'L',
    above: 0,
    help: 'items per task, in a seeded random order',
    asFlag: '0.1 takes a tenth of each task, rounded up',
    otherwise: 'all',
  }),
  seed: whole({
    decides: 'both',
    label: 'seed',
    min: 0,
    max: 4_294_967_295,
    fallback: 1,
    help: 'seed of all random orders',
    asFlag: "only the first of lm-eval's four seeds counts",
  }),
  concurrency: wholeOr('auto', {
    decides: 'performance',
    label: 'max concurrency',
    aliases: [{ name: 'batch-size' }],
    min: 1,
    max: 512,
    fallback: 16,
    help: 'max concurrency, or auto: doubled until throughput gains less than 5 %',
  }),
  launches: whole({
    decides: 'performance',
    label: 'engine launches',
    min: 1,
    max: 20,
    fallback: 3,
    help: 'engine launches over which performance is measured',
  }),
  windowSeconds: real({
    decides: 'performance',
    label: 'throughput window, s',
    argument: 's',
    above: 0,
    max: 3600,
    fallback: 20,
    help: 'length of each throughput window; it grows until each place has answered three requests, up to ten times',
  }),
  latencyRequests: whole({
    decides: 'performance',
    label: 'requests per latency pass',
    min: 1,
    max: 100_000,
    fallback: 24,
    help: 'items of the latency panel, asked one at a time; p95 needs 130, and enough latencySeconds for them',
  }),
  latencySeconds: real({
    decides: 'performance',
    label: 'time limit of a latency pass, s',
    argument: 's',
    above: 0,
    max: 3600,
    fallback: 20,
    help: 'time limit of the first latency pass, after eight requests: a slow model is asked fewer than latencyRequests',
  }),
  threads: whole({
    decides: 'performance',
    label: 'threads',
    min: 1,
    max: 1024,
    help: 'CPU threads of the engine',
    otherwise: 'the cores of this machine',
  }),
  contextTokens: whole({
    decides: 'performance',
    label: 'tokens per sequence',
    min: 64,
    help: 'tokens per sequence',
    otherwise: "what the items need, up to the model's limit",
  }),
  /** It decides which engines count as hung, not what the others measure. */
  hangSeconds: real({
    ...nothing,
    argument: 's',
    above: 0,
    fallback: 300,
    help: 'stop an engine that makes no progress for this long',
  }),
  clientProcesses: whole({
    decides: 'performance',
    label: 'client processes',
    inKey: 'no',
    min: 1,
    max: 64,
    fallback: 1,
    help: 'client processes that send requests to a server; raise it if windows are client_bound',
  }),
  waitQuiet: real({
    ...nothing,
    argument: 's',
    min: 0,
    max: 86_400,
    fallback: 60,
    help: 'before measuring speed, wait up to this long for other processes to leave the CPU; 0 does not wait',
  }),
  /** Numbers that are taken as they are aren't those of a run that waits and measures again. */
  allowBusy: flag({
    decides: 'performance',
    label: 'busy windows accepted',
    inKey: 'change',
    fallback: false,
    help: 'measure speed though other processes use the CPU: neither wait for them nor measure again',
  }),
  requestRate: real({
    decides: 'performance',
    label: 'requests per second',
    inKey: 'load',
    above: 0,
    max: 1_000_000,
    help: 'requests per second, sent as a Poisson process in the throughput pass',
    otherwise: 'a closed loop',
  }),
  goodput: text({
    decides: 'performance',
    label: 'goodput limits',
    inKey: 'load',
    argument: 'limits',
    expected: 'limits such as ttft:500ms,tpot:50ms, of ttft, tpot and e2el',
    isGood: (limits) => parseGoodput(limits) !== undefined,
    help: 'limits on time to first token, time per output token and end-to-end latency for a request to count as good',
  }),
  gates: section(gateLimitsSchema, { ...nothing, help: 'limits for perbench gate; they do not affect results' }),
  hosts: section(hostsSchema, {
    ...nothing,
    help: 'machines whose times count, of a run on many; others may answer items only',
    otherwise: 'those like the first worker',
  }),
  shards: shardsSetting,
  cluster: section(clusterSchema, { ...nothing, help: 'what Slurm, Kubernetes or Ray is told about the workers' }),
  /** The price per answer follows from it and is what is compared; this is no difference in how a run was made. */
  pricePerHour: real({
    ...nothing,
    argument: 'price',
    above: 0,
    help: 'hourly price of one GPU, or of the host if it has none; adds the price per 1,000 answers',
  }),
  /** Cells that a question stopped early are compared with none, and its key has the question (plan-race.ts). */
  decide: text({
    ...nothing,
    argument: 'question',
    hasEnvironment: false,
    problem: questionProblem,
    help: 'stop as soon as the question is answered: winner, "cheapest with accuracy >= 0.7" or "cheapest not worse than base by 0.01"',
    inFile: 'see docs/deciding.md',
  }),
  confidence: real({
    ...nothing,
    argument: 'share',
    above: 0.5,
    below: 1,
    fallback: 0.95,
    help: 'confidence level of the decision',
  }),
  loss: flag({
    ...nothing,
    fallback: false,
    help: "at the end of a run, take each model's loss against the question's base, or the first model, on the run's prompts; see docs/loss.md",
  }),
  skipInvalid: flag({
    decides: 'answers',
    label: 'rows skipped as invalid',
    inKey: 'content',
    fallback: false,
    help: 'skip rows that do not match the schema',
  }),
} as const;
