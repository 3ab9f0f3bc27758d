import type { Loglikelihood, LoglikelihoodRequest, WorkInFlight } from '../../core/engine.ts';
import { commonPrefix, scoreOf } from '../prompt-tokens.ts';
import { type ContextSource, type EnginePass, type PassSettings, RequestQueue, roundCells } from './engine-pass.ts';
import { LikelihoodGroup, type Target } from './likelihood-group.ts';
import { type LlamaContext, mostOutputs, physicalBatchTokens } from './native/llama-context.ts';
import {
  finishWaiting,
  readLikelihood,
  type ScoredLeaf,
  sortedLeaves,
  startWaiting,
  type WaitingLikelihood,
} from './waiting-likelihood.ts';

const mostLeaves = 63;
/** Fewer shared tokens aren't worth a group of their own. */
const fewestKeptTokens = 16;
/** The sequence that keeps the cells of the last leaf for the next group; leaf 0 of a group is sequence 1. */
const keeper = 0;
const firstLeafSequence = 1;

interface LeafValues {
  readonly logprobs: number[];
  isGreedy: boolean;
}

/** Scores continuations: many of them in one decode, tokens that they share decoded once. */
export class LikelihoodPass implements EnginePass<LoglikelihoodRequest, Loglikelihood> {
  readonly #source: ContextSource;
  readonly #concurrency: number;
  readonly #mayReuse: boolean;
  readonly #maxOutputs: number;
  readonly #maxLeaves: number;
  readonly #queue: RequestQueue<WaitingLikelihood>;
  readonly #ready: Loglikelihood[] = [];
  /** Leaves of the request that was taken last, those that are in no group yet. */
  #leaves: ScoredLeaf[] = [];
  #kept: { readonly leaf: ScoredLeaf; readonly length: number } | undefined;
  #context: LlamaContext | undefined;
  #freeSinceMs: number;

  constructor(source: ContextSource, settings: PassSettings) {
    const { model } = source;
    this.#source = source;
    this.#concurrency = settings.concurrency;
    this.#mayReuse = settings.reuse === 'prefix' && model.canCutSequences;
    this.#maxOutputs = mostOutputs(model.vocabularySize);
    this.#maxLeaves = Math.min(mostLeaves, this.#maxOutputs - 1);
    this.#queue = new RequestQueue(this.#mayReuse);
    this.#freeSinceMs = source.now();
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#leaves.length === 0 && this.#ready.length === 0;
  }

  get inFlight(): WorkInFlight {
    const { startedMs, decodedTokens } = this.#leaves[0]?.owner ?? {};
    return { requests: startedMs === undefined ? 0 : 1, tokens: { prompt: decodedTokens ?? 0, output: 0 } };
  }

  add(request: LoglikelihoodRequest): void {
    const read = readLikelihood(request, this.#source.reader);
    if ('status' in read) {
      this.#ready.push(read);
      return;
    }
    const waiting = startWaiting(request, read, this.#source.now());
    if (waiting.leavesLeft === 0) this.#ready.push(finishWaiting(waiting, this.#source.now()));
    else this.#queue.add(waiting);
  }

  step(): Loglikelihood[] {
    const first = this.#nextLeaf();
    if (first !== undefined) {
      const context = this.#openContext(first);
      const group = this.#collectGroup(first, context);
      const values = this.#decodeGroup(group, context);
      this.#finishGroup(group, values, context);
    }
    return this.#ready.splice(0);
  }

  #nextLeaf(): ScoredLeaf | undefined {
    if (this.#leaves.length === 0) {
      const waiting = this.#queue.take();
      if (waiting === undefined) return undefined;
      this.#leaves = sortedLeaves(waiting);
    }
    return this.#leaves[0];
  }

  #openContext(leaf: ScoredLeaf): LlamaContext {
    const needed = leaf.tokens.length + physicalBatchTokens;
    if (this.#context !== undefined && this.#context.shape.cells >= needed) return this.#context;
    const longest = this.#queue.values().reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
    const grown = this.#context === undefined ? 0 : Math.ceil(this.#context.shape.cells * 1.25);
    this.#kept = undefined;
    this.#context = this.#source.open({
      sequences: this.#maxLeaves + firstLeafSequence,
      cells: roundCells(Math.max(needed, longest + physicalBatchTokens, grown)),
      isUnified: true,
      keepsWindow: true,
      batchTokens: physicalBatchTokens,
      outputs: this.#maxOutputs,
    });
    return this.#context;
  }

  /** How many cells of the keeper serve this leaf: the last token before the scored ones is always decoded anew. */
  #keptTokens(leaf: ScoredLeaf, context: LlamaContext): number {
    const kept = this.#kept;
    if (kept === undefined || (!this.#mayReuse && kept.leaf.owner !== leaf.owner)) return 0;
    const shared = Math.min(commonPrefix(kept.leaf.tokens, leaf.tokens, kept.length), leaf.start - 1);
    return shared >= fewestKeptTokens && context.canContinueFrom(keeper, shared) ? shared : 0;
  }

  #collectGroup(first: ScoredLeaf, context: LlamaContext): LikelihoodGroup<WaitingLikelihood> {
    const group = new LikelihoodGroup<WaitingLikelihood>(this.#keptTokens(first, context));
    const room = Math.min(physicalBatchTokens, context.shape.cells - group.base);
    const owners = new Set<WaitingLikelihood>();
    for (let leaf: ScoredLeaf | undefined = first; leaf !== undefined; leaf = this.#nextLeaf()) {
      const before = group.leaves.at(-1) ?? this.#kept?.leaf;
      const isOwn = before?.owner === leaf.owner;
      const shared = group.shared(leaf, this.#source.model.canCutSequences && (this.#mayReuse || isOwn));
      const isFull =
        group.nodes.length + leaf.tokens.length - 1 - shared > room || group.leaves.length === this.#maxLeaves;
      const isCrowded = !owners.has(leaf.owner) && owners.size === this.#concurrency;
      if (group.leaves.length > 0 && (isFull || isCrowded || !group.keepsBase(leaf, shared))) break;
      const cost = group.add(leaf, shared);
      leaf.owner.decodedTokens += cost.decoded;
      if (leaf.owner.startedMs === undefined) {
        leaf.owner.reusedTokens = cost.shared;
        leaf.owner.scheduledMs = Math.max(leaf.owner.arrivedMs, this.#freeSinceMs);
        leaf.owner.startedMs = this.#source.now();
      }
      owners.add(leaf.owner);
      this.#leaves.shift();
    }
    return group;
  }

  /** Decodes the group's tokens, in as many decodes as they and their outputs need. */
  #decodeGroup(group: LikelihoodGroup<WaitingLikelihood>, context: LlamaContext): readonly LeafValues[] {
    const { batch, shape } = context;
    const values = group.leaves.map((): LeafValues => ({ logprobs: [], isGreedy: true }));
    const targets = group.targets();
    let rowNodes: number[] = [];
    const run = (): void => {
      context.decode();
      this.#scoreRows(
        context,
        rowNodes.map((node) => targets.get(node) ?? []),
        values,
      );
      rowNodes = [];
      batch.clear();
    };
    context.remove(keeper, group.base);
    if (group.base > 0) {
      for (const index of group.leaves.keys()) context.share(keeper, index + firstLeafSequence, 0, group.base);
    }
    batch.clear();
    for (const [index, node] of group.nodes.entries()) {
      if (batch.length === shape.batchTokens || (node.hasOutput && rowNodes.length === this.#maxOutputs)) run();
      batch.add(node.token, node.position, node.firstLeaf + firstLeafSequence, node.leafCount, node.hasOutput);
      if (node.hasOutput) rowNodes.push(index);
    }
    if (batch.length > 0) run();
    return values;
  }

  /** @param targets of each row of logits that was decoded */
  #scoreRows(context: LlamaContext, targets: readonly (readonly Target[])[], values: readonly LeafValues[]): void {
    if (targets.length === 0) return;
    const { rows, vocabularySize } = this.#source.model;
    const logits = context.logits(targets.length);
    for (const [row, ofRow] of targets.entries()) {
      rows.load(logits.subarray(row * vocabularySize, (row + 1) * vocabularySize));
      const highest = rows.highest();
      const logSum = rows.logSumExp(highest);
      for (const { leafIndex, at, token } of ofRow) {
        const leaf = values[leafIndex];
        if (leaf === undefined) continue;
        leaf.logprobs[at] = rows.at(token) - logSum;
        if (rows.at(token) < highest) leaf.isGreedy = false;
      }
    }
  }

  #finishGroup(group: LikelihoodGroup<WaitingLikelihood>, values: readonly LeafValues[], context: LlamaContext): void {
    const nowMs = this.#source.now();
    const last = group.leaves.at(-1);
    if (last !== undefined && this.#source.model.canCutSequences) {
      context.share(group.leaves.length - 1 + firstLeafSequence, keeper, group.base);
      this.#kept = { leaf: last, length: last.tokens.length - 1 };
    }
    for (const [index, { owner, tokens, start, index: continuation }] of group.leaves.entries()) {
      context.remove(index + firstLeafSequence);
      const { logprobs = [], isGreedy = false } = values[index] ?? {};
      owner.scores[continuation] = scoreOf([...tokens.subarray(start)], logprobs, isGreedy);
      owner.firstTokenMs ??= nowMs;
      owner.leavesLeft -= 1;
      if (owner.leavesLeft === 0) this.#ready.push(finishWaiting(owner, nowMs));
    }
    this.#freeSinceMs = nowMs;
  }
}
