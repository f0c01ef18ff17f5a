/** CPU models that --cpu names, per instruction set: what the guest is told it runs on. */
import type { Abi, IsaFamily } from '../abi/abi.js';
import { EINVAL } from '../abi/errno.js';
import { AARCH64_HWCAP, AARCH64_HWCAP2, hwcapWord } from '../abi/hwcap.js';
import { LoadError } from '../loader/load-error.js';
import { A64_MODELS, type A64Model, a64Model, hwcapNames } from '../translate/isa/aarch64/model.js';

/** RISC-V has one model: everything that is implemented. QEMU's names for the same are accepted. */
const RISCV_NAMES = { riscv64: ['max', 'rv64'], riscv32: ['max', 'rv32'] } as const;

/** Names by instruction set, the default first. */
export function cpuModelNames(): readonly (readonly [string, readonly string[]])[] {
  return [...Object.entries(RISCV_NAMES), ['aarch64', A64_MODELS.map(({ name }) => name)]];
}

/** A guest as one model shows it. */
export interface CpuModel {
  readonly abi: Abi;
  readonly a64: A64Model | undefined;
}

/** Extensions that every model of an instruction set has, and known ones that none has; QEMU's names. */
const PROPERTIES: Partial<
  Record<IsaFamily, { readonly on: readonly string[]; readonly off: readonly string[] }>
> = {
  riscv: {
    on: 'i m a f d c g zicsr zifencei zihintpause zicntr zicond zba zbb zbs zfa zicbom zicboz Counters Zifencei Zicsr'.split(
      ' ',
    ),
    off: 'e h v q b j zbc zbkb zbkc zbkx zk zkn zknd zkne zknh zkr zks zksed zksh zkt zfh zfhmin zdinx zfinx zhinx zawrs zacas'.split(
      ' ',
    ),
  },
  aarch64: { on: ['aarch64', 'neon', 'vfp'], off: ['sve', 'sme', 'pauth', 'mte', 'rme'] },
};

/**
 * `name,property=on,property=off…`: what is there already may be said again, nothing can be switched.
 * @throws LoadError EINVAL for a property that is not as asked for
 */
function checkProperties(abi: Abi, properties: readonly string[]): void {
  const known = PROPERTIES[abi.isa];
  for (const property of properties) {
    const [, name, value] = /^([^=]+)=(on|true|off|false)$/.exec(property) ?? [];
    const list = value === 'on' || value === 'true' ? known?.on : known?.off;
    if (name === undefined || list?.includes(name) !== true)
      throw new LoadError(EINVAL, `${abi.name}: CPU property ${property} is not supported`);
  }
}

/** @throws LoadError EINVAL when the instruction set has no model of that name */
export function cpuModel(abi: Abi, text: string | undefined): CpuModel {
  const [name, ...properties]: readonly string[] = text?.split(',') ?? [];
  checkProperties(abi, properties);
  const unknown = (isa: string): LoadError => new LoadError(EINVAL, `${isa} has no CPU model ${name ?? ''}`);
  if (abi.isa === 'aarch64') {
    const model = name === undefined ? A64_MODELS[0] : a64Model(name);
    if (model === undefined) throw unknown(abi.name);
    const names = hwcapNames(model);
    const hwcap = hwcapWord<Readonly<Record<string, number>>>(AARCH64_HWCAP, names.hwcap);
    const hwcap2 = hwcapWord<Readonly<Record<string, number>>>(AARCH64_HWCAP2, names.hwcap2);
    return { abi: abi.withCapabilities(hwcap, hwcap2, model.midr), a64: model };
  }
  if (abi.isa === 'riscv' && name !== undefined) {
    const known: readonly string[] = abi.wordSize === 8 ? RISCV_NAMES.riscv64 : RISCV_NAMES.riscv32;
    if (!known.includes(name)) throw unknown(abi.name);
  }
  return { abi, a64: undefined };
}
