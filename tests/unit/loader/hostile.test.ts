import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ABIS } from '../../../src/abi/abi.js';
import { installExec, prepareExec } from '../../../src/loader/exec.js';
import { LoadError } from '../../../src/loader/load-error.js';
import { SymbolTable } from '../../../src/loader/symbols.js';
import { GuestMemory } from '../../../src/mmap/memory.js';
import { AddressSpace } from '../../../src/mmap/space.js';
import { fixture, MemoryFile, memoryPort } from './helpers.js';

// A fixed seed keeps a failure reproducible; the counts make some ten thousand broken files a run.
const SEED = 20260711;
const memory = new GuestMemory();
const FILES = ABIS.flatMap(({ name }) => [`hello-${name}`, `hello-pie-${name}`]).map(fixture);
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_ffff];

/** Loads `bytes` all the way; anything but success or a LoadError is a bug. */
function load(bytes: Uint8Array): string {
  const port = memoryPort({ '/a': bytes });
  const space = new AddressSpace(memory);
  try {
    const prepared = prepareExec(port, '/a', ['a']);
    try {
      installExec(space, prepared, {
        envp: [],
        uid: 0,
        euid: 0,
        gid: 0,
        egid: 0,
        secure: false,
        random: new Uint8Array(16),
        stackLimit: 8 << 20,
      });
    } finally {
      prepared.close();
    }
    return 'loaded';
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    expect(error.errno).toBeGreaterThan(0);
    expect(error.message).not.toMatch(/\n|undefined|NaN/);
    return error.message;
  } finally {
    space.clear();
    expect(port.handles.open).toBe(0);
  }
}

/** Header and program headers are the first KiB; edits hit bytes, halves, words and double words there. */
const edit = fc.record({
  at: fc.nat(512),
  width: fc.constantFrom(1, 2, 4, 8),
  value: fc.oneof(fc.constantFrom(...INTERESTING), fc.nat(0xffff_ffff)),
});

describe('broken files', () => {
  test('edited headers load or give one line', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(
        fc.constantFrom(...FILES),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (file, edits) => {
          const bytes = file.slice();
          const view = new DataView(bytes.buffer);
          for (const { at, width, value } of edits) {
            if (width === 8) view.setUint32(at + 4, value, true);
            if (width === 1) view.setUint8(at, value);
            else if (width === 2) view.setUint16(at, value, true);
            else view.setUint32(at, value, true);
          }
          outcomes.add(load(bytes).replace(/[0-9][0-9a-fx]*/g, 'N'));
          SymbolTable.load(new MemoryFile('/a', bytes));
        },
      ),
      { seed: SEED, numRuns: 6000 },
    );
    // The edits reach far: many different refusals, and harmless ones.
    expect(outcomes.size).toBeGreaterThan(12);
    expect(outcomes).toContain('loaded');
  });

  test('cut files load or give one line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FILES), fc.nat(5000), (file, length) => {
        const outcome = load(file.subarray(0, length));
        if (length < 52) expect(outcome).toMatch(/not an ELF|truncated|empty|class|byte order/);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  test('noise behind an ELF magic', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.constantFrom(1, 2),
        fc.constantFrom(1, 2),
        (noise, c, e) => {
          const bytes = new Uint8Array(16 + noise.length);
          bytes.set([0x7f, 0x45, 0x4c, 0x46, c, e, 1]);
          bytes.set(noise, 16);
          load(bytes);
          SymbolTable.load(new MemoryFile('/a', bytes));
        },
      ),
      { seed: SEED, numRuns: 3000 },
    );
  });
});
