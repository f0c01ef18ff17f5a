/**
 * Control-flow facts of a region: reverse postorder, immediate dominators (Cooper, Harvey, Kennedy: "A Simple, Fast
 * Dominance Algorithm"), loop headers, merge points, and whether the graph is reducible. Node 0 is the entry; every
 * node given is reachable from it.
 */
export interface Cfg {
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
  /** Lies on a cycle. */
  readonly inCycle: Uint8Array;
}

/** `isSwitch(node)`: the node jumps by table, so that each of its successors needs a label. */
export function analyse(
  successors: readonly (readonly number[])[],
  isSwitch: (node: number) => boolean = () => false,
): Cfg {
  const n = successors.length;
  const rpo = new Int32Array(n).fill(-1);
  const order = postorder(successors).reverse();
  order.forEach((node, i) => (rpo[node] = i));
  const preds: number[][] = successors.map(() => []);
  for (const node of order) for (const s of successors[node] as number[]) (preds[s] as number[]).push(node);
  const idom = dominators(order, rpo, preds);
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
  for (const node of order) if (node !== 0) (children[idom[node] as number] as number[]).push(node);
  return { order, rpo, idom, children, isLoop, isMerge, reducible, inCycle: cycles(successors) };
}

/** Marks nodes of strongly connected components with a cycle (Tarjan; recursion is replaced by a stack). */
function cycles(successors: readonly (readonly number[])[]): Uint8Array {
  const n = successors.length;
  const result = new Uint8Array(n);
  const index = new Int32Array(n).fill(-1);
  const low = new Int32Array(n);
  const onStack = new Uint8Array(n);
  const next = new Int32Array(n);
  const stack: number[] = [];
  const path: number[] = [0];
  let counter = 0;
  while (path.length > 0) {
    const v = path[path.length - 1] as number;
    if (index[v] === -1) {
      index[v] = low[v] = counter++;
      stack.push(v);
      onStack[v] = 1;
    }
    const list = successors[v] as readonly number[];
    const k = next[v] as number;
    if (k < list.length) {
      const s = list[k] as number;
      next[v] = k + 1;
      if (index[s] === -1) path.push(s);
      else if (onStack[s] !== 0) low[v] = Math.min(low[v] as number, index[s] as number);
      continue;
    }
    path.pop();
    const parent = path[path.length - 1];
    if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[v] as number);
    if (low[v] !== index[v]) continue;
    const single = stack[stack.length - 1] === v;
    for (let s = stack.pop() as number; ; s = stack.pop() as number) {
      onStack[s] = 0;
      result[s] = single && !list.includes(v) ? 0 : 1;
      if (s === v) break;
    }
  }
  return result;
}

function postorder(successors: readonly (readonly number[])[]): number[] {
  const seen = new Uint8Array(successors.length);
  const result: number[] = [];
  const stack: number[] = [0];
  const next = new Int32Array(successors.length);
  seen[0] = 1;
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
): Int32Array {
  const idom = new Int32Array(rpo.length).fill(-1);
  idom[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (const node of order) {
      if (node === 0) continue;
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
    if (x === 0) return false;
    x = idom[x] as number;
  }
}
