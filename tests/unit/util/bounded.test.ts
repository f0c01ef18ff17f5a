import { expect, test } from '@jest/globals';
import { cpuList, cpuMask, cpusUpTo } from '../../../src/kernel/cpu-list.js';
import { dropOldest } from '../../../src/util/bounded.js';

test('a bounded map loses what was put in first', () => {
  const map = new Map([1, 2, 3, 4].map((k) => [k, '']));
  dropOldest(map, 4);
  expect([...map.keys()]).toEqual([1, 2, 3, 4]);
  dropOldest(map, 2);
  expect([...map.keys()]).toEqual([3, 4]);
});

test.each([
  [[0], '0', '1'],
  [cpusUpTo(4), '0-3', 'f'],
  [[1, 3, 4, 31], '1,3-4,31', '8000001a'],
  [[0, 32, 33], '0,32-33', '3,00000001'],
])('CPUs %j are %s, or %s', (cpus, list, mask) => {
  expect([cpuList(cpus), cpuMask(cpus)]).toEqual([list, mask]);
});
