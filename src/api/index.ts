/** sojourn as a library. */
export { LoadError } from '../loader/load-error.js';
export { type LogItem } from '../debug/log-items.js';
export { type EngineFigures, type Statistics, statisticsText } from '../debug/statistics.js';
export { type ExitStatus } from '../kernel/kernel.js';
export { type EngineMode } from '../translate/engine.js';
export { Emulator } from './emulator.js';
export { type EmulatorOptions, type Stdio } from './options.js';
