/** Where a decoder puts the operands of one instruction; one object per front end, reused for every instruction. */

export interface FieldStore {
  /** The instruction word. */
  word: number;
  /** Operand values by index in the ISA's operand list. Those the line does not give are stale. */
  readonly values: Int32Array;
}

export type Fields<A extends string> = FieldStore & { readonly [K in A]: number };

/** Every operand is readable by name: `f.rd` is `f.values[index of rd]`. */
export function fieldsOf<A extends string>(operands: readonly A[]): Fields<A> {
  const values = new Int32Array(operands.length);
  const store: FieldStore = { word: 0, values };
  operands.forEach((name, k) => {
    Object.defineProperty(store, name, { get: () => values[k], enumerable: true });
  });
  return store as Fields<A>;
}
