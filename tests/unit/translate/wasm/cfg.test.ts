/** Control-flow facts against their definitions, on random graphs. */
import { describe, expect, test } from '@jest/globals';
import { analyse, dominates, naturalRoot } from '../../../../src/translate/wasm/cfg.js';
import { splitLoops } from '../../../../src/translate/wasm/split.js';
import type { Cfg } from '../../../../src/translate/wasm/cfg.js';
import { SET_WORDS, SlotSet } from '../../../../src/translate/wasm/slot-set.js';
import { Rng } from '../../../random/rng.js';

type Graph = readonly (readonly number[])[];

/** Nodes reachable from `from`, not passing through `without`. */
function reach(graph: Graph, from: number, without = -1): Set<number> {
  const seen = new Set<number>();
  const stack = from === without ? [] : [from];
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    for (const s of graph[n] as readonly number[]) if (s !== without) stack.push(s);
  }
  return seen;
}

/** A random graph in which every node is reached from node 0. */
function randomGraph(rng: Rng): Graph {
  const size = 1 + rng.below(12);
  const graph = Array.from({ length: size }, () =>
    Array.from({ length: rng.below(4) }, () => rng.below(size)).filter((s, n, all) => all.indexOf(s) === n),
  );
  for (let n = 1; n < size; n++) if (!reach(graph, 0).has(n)) graph[rng.below(n)]?.push(n);
  const kept = [...reach(graph, 0)].sort((a, b) => a - b);
  return kept.map((n) => (graph[n] as number[]).map((s) => kept.indexOf(s)).filter((s) => s >= 0));
}

/** Hecht and Ullman: reducible when removing self loops and merging single-predecessor nodes leaves one node. */
function reducible(graph: Graph): boolean {
  const edges = graph.map((list, n) => new Set(list.filter((s) => s !== n)));
  const alive = new Set(edges.keys());
  for (let changed = true; changed;) {
    changed = false;
    for (const n of alive) {
      if (n === 0) continue;
      const preds = [...alive].filter((p) => edges[p]?.has(n));
      const only = preds[0];
      if (preds.length !== 1 || only === undefined) continue;
      edges[only]?.delete(n);
      for (const s of edges[n] as Set<number>) if (s !== only) edges[only]?.add(s);
      alive.delete(n);
      changed = true;
    }
  }
  return alive.size === 1;
}

function check(graph: Graph, cfg: Cfg): void {
  const nodes = [...graph.keys()];
  expect([...cfg.order].sort((a, b) => a - b)).toEqual(nodes);
  expect(cfg.order.map((n) => cfg.rpo[n])).toEqual(nodes);
  for (const b of nodes) {
    for (const a of nodes) expect(dominates(cfg.idom, a, b)).toBe(a === b || !reach(graph, 0, a).has(b));
    // The immediate dominator is dominated by every other strict dominator.
    if (b !== 0) {
      const strict = nodes.filter((a) => a !== b && dominates(cfg.idom, a, b));
      for (const a of strict) expect(dominates(cfg.idom, a, cfg.idom[b] as number)).toBe(true);
    }
    const into = nodes.filter((p) => graph[p]?.includes(b));
    const position = (n: number): number => cfg.rpo[n] as number;
    expect(cfg.isLoop[b]).toBe(into.some((p) => position(p) >= position(b)) ? 1 : 0);
    expect(cfg.isMerge[b]).toBe(into.filter((p) => position(p) < position(b)).length > 1 ? 1 : 0);
    for (const c of cfg.children[b] as readonly number[]) expect(cfg.idom[c]).toBe(b);
  }
  expect(cfg.children.flat().length).toBe(nodes.length - 1);
  expect(cfg.reducible).toBe(reducible(graph));
}

describe('control-flow facts', () => {
  test('of random graphs', () => {
    const rng = new Rng(1);
    let irreducible = 0;
    for (let n = 0; n < 1500; n++) {
      const graph = randomGraph(rng);
      const cfg = analyse(graph);
      check(graph, cfg);
      if (!cfg.reducible) irreducible++;
    }
    expect(irreducible).toBeGreaterThan(50);
  });

  test('of a deep chain, without recursion', () => {
    const graph = Array.from({ length: 50_000 }, (_, n) => (n < 49_999 ? [n + 1] : [0]));
    const cfg = analyse(graph);
    expect(cfg.reducible).toBe(true);
    expect([cfg.isLoop[0], cfg.idom[49_999]]).toEqual([1, 49_998]);
  });
});

describe('the root', () => {
  // 1 heads a loop of two ways, 1 2 3 and 1 0, of which the second joins the first in two places.
  const loop: Graph = [[2, 3], [0, 2], [3], [1, 4], []];

  test('of a loop entered in its middle is its head', () => {
    expect(analyse(loop).reducible).toBe(false);
    const root = naturalRoot(loop, (node) => [30, 10, 40, 50, 60][node] as number);
    expect(root).toBe(1);
    expect(analyse(loop, undefined, root).reducible).toBe(true);
  });

  test('is the entry where that serves, and where nothing does', () => {
    expect(naturalRoot([[1], [0, 2], []], (node) => node)).toBe(0);
    expect(naturalRoot([[1, 2], [2], [1]], (node) => node)).toBe(0);
  });
});

describe('splitting', () => {
  const one = (): number => 1;

  test('leaves what is reducible alone', () => {
    const graph: Graph = [[1], [2, 3], [1], []];
    expect(splitLoops(graph, 0, one, 0)).toMatchObject({ successors: graph, cost: 0, root: 0 });
  });

  test('copies what the second way in runs through', () => {
    // 0 enters the loop 1 2 3 at 1 and at 3.
    const graph = splitLoops([[1, 3], [2], [3, 4], [1], []], 0, one, 10);
    expect(graph?.successors).toEqual([[1, 5], [2], [3, 4], [1], [], [1]]);
    expect(graph?.origin).toEqual([0, 1, 2, 3, 4, 3]);
  });

  test('gives up where that is too much', () => {
    expect(splitLoops([[1, 2], [2], [1]], 0, one, 0)).toBeUndefined();
    expect(splitLoops([[1, 2], [2], [1]], 0, one, 1)?.cost).toBe(1);
  });

  test('of random graphs keeps their paths and makes them reducible', () => {
    const rng = new Rng(3);
    let split = 0;
    for (let n = 0; n < 1500; n++) {
      const graph = randomGraph(rng);
      const entry = rng.below(4) === 0 ? rng.below(graph.length) : 0;
      if (reach(graph, entry).size < graph.length) continue;
      const result = splitLoops(graph, entry, one, 200);
      if (result === undefined) continue;
      const { successors, origin, root, cost } = result;
      expect(origin[root]).toBe(entry);
      expect(cost).toBe(successors.length - graph.length);
      // Every node goes on as the one that it is a copy of.
      successors.forEach((list, node) => {
        expect(list.map((s) => origin[s])).toEqual(graph[origin[node] as number]);
      });
      expect(reach(successors, root).size).toBe(successors.length);
      expect(analyse(successors, undefined, root).reducible).toBe(true);
      if (cost > 0) split++;
    }
    expect(split).toBeGreaterThan(50);
  });
});

describe('slot sets', () => {
  test('are sets', () => {
    const rng = new Rng(2);
    const set = new SlotSet();
    const model = new Set<number>();
    for (let n = 0; n < 2000; n++) {
      const slot = rng.below(SET_WORDS * 32);
      if (rng.chance(0.6)) {
        set.add(slot);
        model.add(slot);
      } else {
        set.delete(slot);
        model.delete(slot);
      }
      expect(set.has(slot)).toBe(model.has(slot));
      if (n % 100 === 0) expect(set.list()).toEqual([...model].sort((a, b) => a - b));
    }
    const other = new SlotSet();
    other.add(31);
    const both = set.copy();
    expect(both.union(other)).toBe(!set.has(31));
    expect(both.union(other)).toBe(false);
    expect(both.has(31)).toBe(true);
    expect(both.key === set.key).toBe(set.has(31));
    both.clear();
    expect([both.empty, both.list()]).toEqual([true, []]);
    both.copyFrom(set);
    expect(both.key).toBe(set.key);
  });
});
