import type { PassResult } from '../../core/cell.ts';
import type { LoadedModel, ModelInfo } from '../../core/engine.ts';
import { PerbenchError } from '../../core/errors.ts';
import { loadName, type SweepCell, type SweepLoad } from '../../core/sweep.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { measuredRounds } from '../closed-loop.ts';
import { OpenEngine, type OpenModel } from '../open-engine.ts';
import type { PlannedModel } from '../plan.ts';
import type { QuietMachine } from '../quiet-machine.ts';
import { askOnce, runLoadPass } from './load-pass.ts';
import { type CountedPrompt, findPromptLength } from './prompt-length.ts';
import { randomPrompts } from './random-prompts.ts';
import type { SweepDependencies, SweepPlan } from './sweep-plan.ts';

/** Why a load has no figures. */
export type LoadProblem = Required<Pick<SweepCell, 'state' | 'reason'>> & {
  readonly reason: string;
  /** The load itself did it: the engine was there, and was asked. */
  readonly isUnderLoad: boolean;
};

/** Of every place: two that are sent before the steady part begins, and one that is in flight as it ends. */
const edgeRequestsPerPlace = 3;

/** Answers of the requests that tell a prompt's length, and warm up. */
const warmUpTokens = 8;

class LoadError extends Error {
  readonly problem: LoadProblem;

  constructor(problem: LoadProblem) {
    super(problem.reason);
    this.problem = problem;
  }
}

const unavailable = (reason: string): LoadError => new LoadError({ state: 'unavailable', reason, isUnderLoad: false });
const failed = (reason: string): LoadError => new LoadError({ state: 'failed', reason, isUnderLoad: false });

/** @throws {LoadError} for loads that the model can't be asked under */
function checkLoad({ promptTokens, outputTokens, concurrency }: SweepLoad, { model, maxConcurrency }: OpenModel): void {
  const { contextTokens } = model.info;
  if (!model.capabilities.usage)
    throw unavailable('the server does not report token counts: no prompt has a known length');
  if (concurrency > maxConcurrency) throw unavailable(`the engine answers at most ${maxConcurrency} requests at once`);
  if (promptTokens + outputTokens > contextTokens)
    throw unavailable(
      `${promptTokens} prompt tokens and ${outputTokens} to generate don't fit into a context of ${contextTokens}`,
    );
}

/**
 * One model of a sweep: opened when it is asked first, and again where its engine failed under a load. What its tokenizer
 * makes of words is found once.
 */
export class SweptModel implements AsyncDisposable {
  readonly name: string;
  /** Of the last time that it was open. */
  info: ModelInfo | undefined;
  readonly #planned: PlannedModel;
  readonly #plan: SweepPlan;
  readonly #dependencies: SweepDependencies;
  readonly #quiet: QuietMachine;
  readonly #prompt: (words: number) => string;
  readonly #engine: OpenEngine;
  #counted: readonly CountedPrompt[] = [];
  readonly #words = new Map<number, number>();
  /** It can't be opened. */
  #broken: LoadProblem | undefined;

  constructor(planned: PlannedModel, plan: SweepPlan, dependencies: SweepDependencies, quiet: QuietMachine) {
    this.name = planned.spec.name;
    this.#planned = planned;
    this.#plan = plan;
    this.#dependencies = dependencies;
    this.#quiet = quiet;
    this.#prompt = randomPrompts(plan.suite.seed, dependencies.firstRequest);
    const { openEngine, logFolder, emit, signal } = dependencies;
    const onLaunch = async (_: PlannedModel, { info }: LoadedModel): Promise<void> => {
      this.info = info;
    };
    this.#engine = new OpenEngine({ suite: plan.suite, openEngine, logFolder, emit, signal, onLaunch });
  }

  /**
   * Measures one window.
   *
   * @param minRequests in its steady part
   * @returns why there is none, or undefined where it was told to stop
   */
  async measure(load: SweepLoad, launch: number, minRequests: number): Promise<PassResult | LoadProblem | undefined> {
    const { signal, emit } = this.#dependencies;
    let isUnderLoad = false;
    const onWindow = (): void => {
      isUnderLoad = true;
      emit({ type: 'window-start', model: this.name, load, launch });
    };
    try {
      const result = await this.#measure(load, launch, minRequests, onWindow);
      if (signal.aborted || result === undefined) return undefined;
      emit({ type: 'window-end', model: this.name, load, launch, result });
      return result;
    } catch (error) {
      if (signal.aborted) return undefined;
      const problem = await this.#problemOf(error, isUnderLoad);
      emit({ type: 'load-problem', model: this.name, load, reason: problem.reason });
      return problem;
    }
  }

  async #problemOf(error: unknown, isUnderLoad: boolean): Promise<LoadProblem> {
    if (error instanceof LoadError) return error.problem;
    if (!(error instanceof PerbenchError)) throw error;
    const problem = { state: 'failed', reason: withRemedy(error.message, error.hint), isUnderLoad } as const;
    if (!this.#engine.isOpen) this.#broken = { ...problem, isUnderLoad: false };
    await this.#engine.close();
    return problem;
  }

  async #measure(
    load: SweepLoad,
    launch: number,
    minRequests: number,
    onWindow: () => void,
  ): Promise<PassResult | undefined> {
    if (this.#broken !== undefined) throw new LoadError(this.#broken);
    const { meter, signal, ceiling } = this.#dependencies;
    const { launches, windowSeconds } = this.#plan.suite;
    const opened = await this.#engine.open({ job: { model: this.#planned }, launch, launches });
    checkLoad(load, opened);
    const { model } = opened;
    const words = await this.#wordsFor(load.promptTokens, model);
    const name = loadName(load);
    const context = { model, meter, launch, ceiling, framesDrawn: () => 0, onProgress: () => undefined };
    const options = {
      load,
      nextPrompt: () => this.#prompt(words),
      windowMs: windowSeconds * 1000,
      rounds: measuredRounds,
      minRequests: minRequests + edgeRequestsPerPlace * load.concurrency,
      signal,
    };
    const cell = { id: name, model: this.name, taskId: name };
    return this.#quiet.measure({ cell, pass: 'throughput', launch, engine: model.info, signal }, async () => {
      onWindow();
      return runLoadPass(context, options);
    });
  }

  /** Asks the engine how many words make a prompt of that length. */
  async #wordsFor(promptTokens: number, model: LoadedModel): Promise<number> {
    const known = this.#words.get(promptTokens);
    if (known !== undefined) return known;
    const counted = await findPromptLength(promptTokens, (words) => this.#count(words, model), this.#counted);
    this.#counted = counted;
    const { words } = counted.at(-1) ?? { words: promptTokens };
    this.#words.set(promptTokens, words);
    return words;
  }

  async #count(words: number, model: LoadedModel): Promise<number> {
    const { signal } = this.#dependencies;
    const result = await askOnce(model, this.#prompt(words), warmUpTokens, signal);
    signal.throwIfAborted();
    if (result === undefined) throw failed('the engine answered nothing');
    if (result.status === 'done') return result.promptTokens;
    throw result.reason === 'prompt_too_long' ? unavailable(result.message) : failed(result.message);
  }

  /** Ends the engine; asked again, it starts another. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
  }
}
