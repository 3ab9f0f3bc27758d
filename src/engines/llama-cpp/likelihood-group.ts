import { commonPrefix } from '../prompt-tokens.ts';

/** One continuation that waits to be scored; `owner` is its request. */
export interface Leaf<Owner> {
  readonly owner: Owner;
  readonly index: number;
  readonly tokens: Int32Array;
  /** Index of the first scored token. */
  readonly start: number;
}

/** A token to decode, with the run of leaves that it belongs to. */
export interface TreeNode {
  readonly token: number;
  readonly position: number;
  readonly firstLeaf: number;
  leafCount: number;
  hasOutput: boolean;
}

/** A token whose log-probability a row of logits gives. */
export interface Target {
  readonly leafIndex: number;
  readonly at: number;
  readonly token: number;
}

/** What one leaf cost: tokens decoded for it, and its tokens that an earlier leaf had decoded. */
export interface LeafCost {
  readonly decoded: number;
  readonly shared: number;
}

/**
 * Leaves that are decoded together as a tree: tokens that neighbours share are decoded once. Because leaves come
 * sorted, what a leaf shares with any before it, it shares with the one just before it, and the leaves of a node are
 * neighbours. The last token of a leaf is never decoded: nothing is predicted from it.
 */
export class LikelihoodGroup<Owner> {
  /** Tokens that all leaves have from cells that are kept. */
  readonly base: number;
  readonly leaves: Leaf<Owner>[] = [];
  readonly nodes: TreeNode[] = [];
  /** Index of the node at each position of each leaf, from `base` on. */
  readonly paths: Int32Array[] = [];

  constructor(base: number) {
    this.base = base;
  }

  /** Tokens that `leaf` shares with the leaf before it, where those may be shared; the kept ones for the first leaf. */
  shared(leaf: Leaf<Owner>, mayShare: boolean): number {
    const before = this.leaves.at(-1);
    if (before === undefined) return this.base;
    if (!mayShare) return 0;
    return commonPrefix(before.tokens, leaf.tokens, Math.min(before.tokens.length, leaf.tokens.length) - 1);
  }

  /** Whether the cells that are kept serve this leaf too; `shared` as returned by `shared()`. */
  keepsBase(leaf: Leaf<Owner>, shared: number): boolean {
    return shared >= this.base && leaf.start > this.base;
  }

  add(leaf: Leaf<Owner>, shared: number): LeafCost {
    const { base, nodes } = this;
    const length = leaf.tokens.length - 1;
    const path = new Int32Array(Math.max(0, length - base));
    const before = this.paths.at(-1);
    for (let position = base; position < length; position += 1) {
      if (before !== undefined && position < shared) {
        const index = before[position - base] ?? 0;
        path[position - base] = index;
        const node = nodes[index];
        if (node !== undefined) node.leafCount += 1;
      } else {
        path[position - base] = nodes.length;
        const token = leaf.tokens[position] ?? 0;
        nodes.push({ token, position, firstLeaf: this.leaves.length, leafCount: 1, hasOutput: false });
      }
    }
    for (let scored = leaf.start; scored <= length; scored += 1) {
      const node = nodes[path[scored - 1 - base] ?? -1];
      if (node !== undefined) node.hasOutput = true;
    }
    this.leaves.push(leaf);
    this.paths.push(path);
    const sharedHere = Math.max(base, Math.min(shared, length));
    return { decoded: length - sharedHere, shared: sharedHere };
  }
  /** Which scored tokens a node predicts: `at` counts from the leaf's first scored token. */
  targets(): ReadonlyMap<number, readonly Target[]> {
    const byNode = new Map<number, Target[]>();
    for (const [leafIndex, leaf] of this.leaves.entries()) {
      for (let scored = leaf.start; scored < leaf.tokens.length; scored += 1) {
        const node = this.paths[leafIndex]?.[scored - 1 - this.base] ?? -1;
        const target = { leafIndex, at: scored - leaf.start, token: leaf.tokens[scored] ?? 0 };
        const known = byNode.get(node);
        if (known === undefined) byNode.set(node, [target]);
        else known.push(target);
      }
    }
    return byNode;
  }
}
