/**
 * Names for guest addresses: the mapping gives the file and the offset in it, the file's symbol table the name.
 * Tables are read at the first question about a file and kept.
 */
import { SymbolTable } from '../loader/symbols.js';
import type { FileBacking, VmaInfo } from '../mmap/file-backing.js';

/** What of an address space is looked at. */
export interface MappingSource {
  vmaAt(addr: number): VmaInfo | undefined;
}

export class Symbolizer {
  readonly #tables = new Map<string, SymbolTable | undefined>();

  /**
   * `main+0x1c (/bin/prog+0x11c)`, `/lib/x.so+0x20` without symbols, `[stack]` for other named memory; undefined when
   * nothing is mapped there or the mapping has no name.
   * @param isReturn a return address: the call before it decides, which may be the last instruction of a function
   */
  describe(space: MappingSource, addr: number, isReturn = false): string | undefined {
    const vma = space.vmaAt(addr);
    if (vma === undefined) return undefined;
    const { file } = vma;
    if (file === undefined) return vma.name === '' ? undefined : vma.name;
    const offset = addr - vma.start + vma.offset;
    const place = `${file.path}+0x${offset.toString(16)}`;
    const back = isReturn ? 1 : 0;
    const hit = this.#tableOf(file)?.findByOffset(offset - back);
    if (hit === undefined) return place;
    return `${hit.name}+0x${(hit.offset + back).toString(16)} (${place})`;
  }

  /** The symbol's name alone, for logs; undefined without one. */
  name(space: MappingSource, addr: number): string | undefined {
    const vma = space.vmaAt(addr);
    if (vma?.file === undefined) return undefined;
    return this.#tableOf(vma.file)?.findByOffset(addr - vma.start + vma.offset)?.name;
  }

  #tableOf(file: FileBacking): SymbolTable | undefined {
    const { id } = file;
    if (!this.#tables.has(id)) this.#tables.set(id, SymbolTable.load(file));
    return this.#tables.get(id);
  }
}
