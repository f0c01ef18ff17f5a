/**
 * Loops with several ways in, made into loops with one: what runs from the other ways in to the chosen head of the loop, or
 * out of it, is copied for whoever comes from outside (node splitting; Janssen and Corporaal, "Making Graphs Reducible with
 * Controlled Node Splitting"). Compilers make such loops when they thread jumps.
 */

import { analyse, naturalRoot, rootsRound } from './cfg.js';
import type { RegionBlock } from './region.js';

/** Ways into one loop; a switch has so many that all would have to be copied. */
const MAX_WAYS = 8;
/** Roots to try for a graph that is reducible from none. */
const MAX_ROOTS = 3;
/** Ops that may be copied: as many as the region has, but so many in any, and no more than so many. */
const MIN_COPIED = 60;
const MAX_COPIED = 1500;
/** What a block costs besides its ops. */
const BLOCK_COST = 3;

/** A graph by successors, with what its nodes are copies of. */
export interface SplitGraph {
  readonly successors: readonly (readonly number[])[];
  /** The node of the original graph, by node: nodes that are there first stand for themselves. */
  readonly origin: readonly number[];
  readonly root: number;
  /** Sum of the sizes of all copies. */
  readonly cost: number;
}

class Splitter {
  readonly successors: number[][];
  readonly origin: number[];
  root: number;
  cost = 0;
  private readonly sizeOf: (node: number) => number;
  private readonly limit: number;

  constructor(
    successors: readonly (readonly number[])[],
    root: number,
    sizeOf: (node: number) => number,
    limit: number,
  ) {
    this.successors = successors.map((list) => [...list]);
    this.origin = successors.map((_, node) => node);
    this.root = root;
    this.sizeOf = sizeOf;
    this.limit = limit;
  }

  /** Splits the loops among `nodes` and those inside them; false when that would cost too much. */
  split(nodes: readonly number[]): boolean {
    for (const loop of components(this.successors, nodes)) {
      const ways = this.waysInto(loop);
      let [head] = ways;
      if (head === undefined) continue;
      if (ways.length > MAX_WAYS) return false;
      if (ways.length > 1) {
        const copies = ways.map((candidate) => this.around(loop, ways, candidate));
        const costs = copies.map((list) => this.size(list));
        const best = costs.indexOf(Math.min(...costs));
        head = ways[best];
        this.cost += costs[best] as number;
        if (this.cost > this.limit || !this.split(this.copy(loop, copies[best] as number[]))) return false;
      }
      if (!this.split(loop.filter((node) => node !== head))) return false;
    }
    return true;
  }

  private size(nodes: readonly number[]): number {
    return nodes.reduce((sum, node) => sum + this.sizeOf(this.origin[node] as number), 0);
  }

  private waysInto(loop: readonly number[]): number[] {
    const inside = new Set(loop);
    const ways = new Set<number>();
    if (inside.has(this.root)) ways.add(this.root);
    this.successors.forEach((list, node) => {
      if (inside.has(node)) return;
      for (const s of list) if (inside.has(s)) ways.add(s);
    });
    return [...ways];
  }

  /** The nodes of the loop reached from the other ways in without passing `head`. */
  private around(loop: readonly number[], ways: readonly number[], head: number): number[] {
    const inside = new Set(loop);
    const seen = new Set(ways.filter((node) => node !== head));
    for (const node of seen)
      for (const s of this.successors[node] as number[]) if (s !== head && inside.has(s)) seen.add(s);
    return [...seen];
  }

  /** Gives whoever comes from outside the loop copies of `nodes`, which are returned. */
  private copy(loop: readonly number[], nodes: readonly number[]): number[] {
    const { successors, origin } = this;
    const inside = new Set(loop);
    const copies = new Map<number, number>();
    for (const node of nodes) copies.set(node, origin.push(origin[node] as number) - 1);
    const moved = (list: readonly number[]): number[] => list.map((s) => copies.get(s) ?? s);
    successors.forEach((list, node) => {
      if (!inside.has(node)) successors[node] = moved(list);
    });
    for (const node of nodes) successors.push(moved(successors[node] as number[]));
    this.root = copies.get(this.root) ?? this.root;
    return [...copies.values()];
  }
}

/** Strongly connected components of more than one node (Tarjan), in the graph of `nodes` alone. */
function components(successors: readonly (readonly number[])[], nodes: readonly number[]): number[][] {
  const inside = new Set(nodes);
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const found: number[][] = [];
  for (const start of nodes) {
    if (index.has(start)) continue;
    const path: { node: number; next: number }[] = [{ node: start, next: 0 }];
    for (let at = path[0]; at !== undefined; at = path[path.length - 1]) {
      const { node } = at;
      if (at.next === 0) {
        index.set(node, index.size);
        low.set(node, index.get(node) as number);
        stack.push(node);
        onStack.add(node);
      }
      const s = (successors[node] as readonly number[])[at.next++];
      if (s !== undefined) {
        if (!inside.has(s)) continue;
        if (!index.has(s)) path.push({ node: s, next: 0 });
        else if (onStack.has(s)) low.set(node, Math.min(low.get(node) as number, index.get(s) as number));
        continue;
      }
      path.pop();
      const up = path[path.length - 1];
      if (up !== undefined) low.set(up.node, Math.min(low.get(up.node) as number, low.get(node) as number));
      if (low.get(node) !== index.get(node)) continue;
      const component: number[] = [];
      for (let n = stack.pop(); n !== undefined; n = n === node ? undefined : stack.pop()) {
        onStack.delete(n);
        component.push(n);
      }
      if (component.length > 1) found.push(component);
    }
  }
  return found;
}

/**
 * The graph with copies of nodes so that it is reducible from the root; undefined when those would be larger than `limit`
 * in total. Nodes that nothing reaches any more are still there.
 */
export function splitLoops(
  successors: readonly (readonly number[])[],
  root: number,
  sizeOf: (node: number) => number,
  limit: number,
): SplitGraph | undefined {
  const splitter = new Splitter(successors, root, sizeOf, limit);
  return splitter.split(splitter.origin.slice()) ? splitter : undefined;
}

/**
 * The blocks of a region with copies of some where that makes their graph reducible, and the root to take it apart from.
 * That may still be in vain: then the region is left as it is.
 */
export function untangle(region: readonly RegionBlock[]): {
  readonly blocks: readonly RegionBlock[];
  readonly root: number;
} {
  const successors = region.map((b) => b.succ);
  if (analyse(successors).reducible) return { blocks: region, root: 0 };
  const pcOf = (node: number): number => (region[node] as RegionBlock).pc;
  const natural = naturalRoot(successors, pcOf);
  if (natural !== 0) return { blocks: region, root: natural };
  const sizeOf = (node: number): number => (region[node] as RegionBlock).insts.length + BLOCK_COST;
  const total = region.reduce((sum, b) => sum + sizeOf(b.index), 0);
  let best: SplitGraph | undefined;
  let limit = Math.min(Math.max(MIN_COPIED, total), MAX_COPIED);
  for (const root of [0, ...rootsRound(successors, pcOf).slice(0, MAX_ROOTS)]) {
    const graph = splitLoops(successors, root, sizeOf, limit);
    if (graph === undefined || graph.cost >= limit) continue;
    // The entry is node 0, which may be the one copied for it.
    best = root === 0 ? exchanged(graph, graph.root) : graph;
    limit = graph.cost;
  }
  if (best === undefined) return { blocks: region, root: 0 };
  const { origin, root } = best;
  const blocks = best.successors.map((list, index) => ({
    ...(region[origin[index] as number] as RegionBlock),
    index,
    succ: [...list],
  }));
  return { blocks, root };
}

/** The graph with the numbers of node 0 and another exchanged; that one is the root. */
function exchanged(graph: SplitGraph, node: number): SplitGraph {
  const number = (n: number): number => (n === 0 ? node : n === node ? 0 : n);
  return {
    successors: graph.successors.map((_, n) =>
      (graph.successors[number(n)] as readonly number[]).map((s) => number(s)),
    ),
    origin: graph.origin.map((_, n) => graph.origin[number(n)] as number),
    root: 0,
    cost: graph.cost,
  };
}
