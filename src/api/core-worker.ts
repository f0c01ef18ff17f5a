/** The Worker of a further core: engines like core 0's, and the loop that runs tasks with them. */
import { ABIS } from '../abi/abi.js';
import { WorkerCore } from '../kernel/cores/worker-core.js';
import { hostTicks } from '../kernel/host/clock.js';
import { insideWorker } from '../kernel/host/worker.js';
import type { Engine } from '../translate/engine.js';
import { useCore } from '../translate/interp/layout.js';
import { useTicks } from '../util/ticks.js';
import { Engines } from './engines.js';
import { frontEnds, ISAS } from './front-ends.js';

const inside = insideWorker();
useTicks(hostTicks);
const { index, engine } = inside.setup;
useCore(index);
const engines = new Engines(engine.cpu, frontEnds, () => ({ mode: engine.mode }));
// The loop below never returns to load one that turns up later.
for (const isa of ISAS) await engines.missing(isa);
const engineFor = (name: string): Engine => {
  const abi = ABIS.find((a) => a.name === name);
  if (abi === undefined) throw new Error(`no architecture ${name}`);
  return engines.for(abi).engine;
};
// The CPU model is that of the first engine.
engineFor(engine.abi);
const core = new WorkerCore(inside, engineFor);
inside.ready();
core.loop();
