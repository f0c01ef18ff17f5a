/**
 * Control-flow facts of a region: reverse postorder, immediate dominators (Cooper, Harvey, Kennedy: "A Simple, Fast
 * Dominance Algorithm"), loop headers, merge points, and whether the graph is reducible. Every node given is reachable
 * from the root.
 */
export interface Cfg {
  readonly root: number;
  /** Nodes in reverse postorder. */
  readonly order: readonly number[];
  /** Position of a node in `order`. */
  readonly rpo: Int32Array;
  readonly idom: Int32Array;
  /** Dominator-tree children, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Has a back edge into it. */
  readonly isLoop: Uint8Array;
  /** Has two or more forward edges into it. */
  readonly isMerge: Uint8Array;
  readonly reducible: boolean;
}

/** `isSwitch(node)`: the node jumps by table, so that each of its successors needs a label. */
export function analyse(
  successors: readonly (readonly number[])[],
  isSwitch: (node: number) => boolean = () => false,
  root = 0,
): Cfg {
  const n = successors.length;
  const rpo = new Int32Array(n).fill(-1);
  const order = postorder(successors, root).reverse();
  order.forEach((node, i) => (rpo[node] = i));
  const preds: number[][] = successors.map(() => []);
  for (const node of order) for (const s of successors[node] as number[]) (preds[s] as number[]).push(node);
  const idom = dominators(order, rpo, preds, root);
  const isLoop = new Uint8Array(n);
  const forward = new Int32Array(n);
  let reducible = true;
  for (const node of order) {
    for (const s of successors[node] as number[]) {
      if ((rpo[s] as number) > (rpo[node] as number))
        forward[s] = (forward[s] as number) + (isSwitch(node) ? 2 : 1);
      else {
        isLoop[s] = 1;
        if (!dominates(idom, s, node)) reducible = false;
      }
    }
  }
  const isMerge = new Uint8Array(n);
  for (let i = 0; i < n; i++) isMerge[i] = (forward[i] as number) > 1 ? 1 : 0;
  const children: number[][] = successors.map(() => []);
  for (const node of order) if (node !== root) (children[idom[node] as number] as number[]).push(node);
  return { root, order, rpo, idom, children, isLoop, isMerge, reducible };
}

/** Roots to try for one graph. */
const MAX_ROOTS = 64;

/**
 * The node from which the graph, whose entry is node 0, is best taken apart. That is the entry itself, unless it lies
 * inside loops that then have more than one way in: from the head of the outermost loop round it they have one.
 */
export function naturalRoot(
  successors: readonly (readonly number[])[],
  pcOf: (node: number) => number,
): number {
  if (analyse(successors).reducible) return 0;
  const candidates = rootsRound(successors, pcOf).slice(0, MAX_ROOTS);
  return candidates.find((node) => analyse(successors, undefined, node).reducible) ?? 0;
}

/** What lies on a cycle with node 0, heads of loops first, from the outermost on. */
export function rootsRound(
  successors: readonly (readonly number[])[],
  pcOf: (node: number) => number,
): number[] {
  const preds: number[][] = successors.map(() => []);
  successors.forEach((list, node) => {
    for (const s of list) (preds[s] as number[]).push(node);
  });
  // What leads to the entry lies on a cycle with it.
  const round = new Set([0]);
  for (const node of round) for (const p of preds[node] as number[]) round.add(p);
  const isBack = (node: number): boolean =>
    (preds[node] as number[]).some((p) => round.has(p) && pcOf(p) >= pcOf(node));
  const byPc = [...round].sort((a, b) => pcOf(a) - pcOf(b));
  return [...byPc.filter(isBack), ...byPc.filter((node) => !isBack(node))];
}

function postorder(successors: readonly (readonly number[])[], root: number): number[] {
  const seen = new Uint8Array(successors.length);
  const result: number[] = [];
  const stack: number[] = [root];
  const next = new Int32Array(successors.length);
  seen[root] = 1;
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as number;
    const list = successors[node] as readonly number[];
    const k = next[node] as number;
    if (k < list.length) {
      next[node] = k + 1;
      const s = list[k] as number;
      if (seen[s] === 0) {
        seen[s] = 1;
        stack.push(s);
      }
    } else {
      result.push(node);
      stack.pop();
    }
  }
  return result;
}

function dominators(
  order: readonly number[],
  rpo: Int32Array,
  preds: readonly (readonly number[])[],
  root: number,
): Int32Array {
  const idom = new Int32Array(rpo.length).fill(-1);
  idom[root] = root;
  for (let changed = true; changed;) {
    changed = false;
    for (const node of order) {
      if (node === root) continue;
      let best = -1;
      for (const p of preds[node] as number[]) {
        if (idom[p] === -1) continue;
        best = best === -1 ? p : intersect(idom, rpo, p, best);
      }
      if (idom[node] !== best) {
        idom[node] = best;
        changed = true;
      }
    }
  }
  return idom;
}

function intersect(idom: Int32Array, rpo: Int32Array, a: number, b: number): number {
  let x = a;
  let y = b;
  while (x !== y) {
    while ((rpo[x] as number) > (rpo[y] as number)) x = idom[x] as number;
    while ((rpo[y] as number) > (rpo[x] as number)) y = idom[y] as number;
  }
  return x;
}

export function dominates(idom: Int32Array, a: number, b: number): boolean {
  let x = b;
  for (;;) {
    if (x === a) return true;
    const up = idom[x] as number;
    if (up === x) return false;
    x = up;
  }
}
