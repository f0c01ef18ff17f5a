/** Every RISC-V extension sojourn knows, by instruction length. */
import type { RowNames } from '../../../decode/table.js';
import { RV_A } from './rv-a.decode.js';
import { RV_C } from './rv-c.decode.js';
import { RV_D } from './rv-d.decode.js';
import { RV_F } from './rv-f.decode.js';
import { RV_I } from './rv-i.decode.js';
import { RV_M } from './rv-m.decode.js';
import { ZBA } from './zba.decode.js';
import { ZBB } from './zbb.decode.js';
import { ZBS } from './zbs.decode.js';
import { ZFA } from './zfa.decode.js';
import { ZICBO } from './zicbo.decode.js';
import { ZICOND } from './zicond.decode.js';
import { ZICSR } from './zicsr.decode.js';
import { ZIFENCEI } from './zifencei.decode.js';
import { ZIHINTPAUSE } from './zihintpause.decode.js';

export const EXTENSIONS_32 = [
  RV_I,
  RV_M,
  RV_A,
  RV_F,
  RV_D,
  ZICSR,
  ZIFENCEI,
  ZBA,
  ZBB,
  ZBS,
  ZICOND,
  ZICBO,
  ZIHINTPAUSE,
  ZFA,
] as const;
export const EXTENSIONS_16 = [RV_C] as const;

export type Name32 = RowNames<typeof EXTENSIONS_32>;
export type Name16 = RowNames<typeof EXTENSIONS_16>;
