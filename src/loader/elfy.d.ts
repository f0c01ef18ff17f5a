/** elfy has no types of its own. Names it has no word for are `undefined` (or the number, for section types). */
declare module 'elfy' {
  export interface ElfyProgram {
    readonly type: string | undefined;
    readonly offset: number;
    readonly vaddr: number;
    readonly paddr: number;
    readonly filesz: number;
    readonly memsz: number;
    /** `{r: true, w: true, x: true}` for the bits that are set. */
    readonly flags: Readonly<Record<string, boolean>>;
    readonly align: number;
  }
  export interface ElfySection {
    readonly name: string;
    readonly type: string | number;
    readonly addr: number;
    readonly off: number;
    readonly size: number;
    readonly link: number;
    readonly info: number;
  }
  export interface ElfyHeader {
    readonly class: '32' | '64';
    readonly endian: 'lsb' | 'msb';
    readonly type: string | undefined;
    readonly version: number;
    readonly entry: number;
    readonly phoff: number;
    readonly shoff: number;
    readonly flags: number;
    readonly phentsize: number;
    readonly phnum: number;
    readonly shentsize: number;
    readonly shnum: number;
    readonly shstrndx: number;
    readonly body: { readonly programs: readonly ElfyProgram[]; readonly sections: readonly ElfySection[] };
  }
  const elfy: { parse(buffer: Buffer): ElfyHeader };
  export default elfy;
}
