/** Workers of the host: further cores. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import type * as WorkerThreads from 'node:worker_threads';
import type { CoreMessage, CoreSetup } from '../cores/protocol.js';

/** The Worker's file, beside the bundle that we are part of; there is none when we run from source. */
const file = (): URL => new URL('./core-worker.js', import.meta.url);

export interface HostWorker {
  post(message: CoreMessage): void;
  stop(): void;
}

export interface WorkerEvents {
  /** The Worker is up and waits for work. */
  ready(): void;
  failed(error: unknown): void;
}

interface Start {
  readonly setup: CoreSetup;
  readonly port: WorkerThreads.MessagePort;
}

/** Loaded when it is needed, which it is not for most programs. */
function threads(): typeof WorkerThreads {
  return process.getBuiltinModule('node:worker_threads');
}

let known: boolean | undefined;

export function canStartWorkers(): boolean {
  if (known === undefined) {
    const { protocol, href } = file();
    known = protocol === 'file:' && existsSync(fileURLToPath(href));
  }
  return known;
}

export function startWorker(setup: CoreSetup, events: WorkerEvents): HostWorker {
  const { MessageChannel, Worker } = threads();
  const { port1, port2 } = new MessageChannel();
  const start: Start = { setup, port: port2 };
  const worker = new Worker(file(), {
    workerData: start,
    transferList: [port2],
    name: `core ${setup.index}`,
    // What our process was started with (-e, --import) is not for this file.
    execArgv: [],
    // Else our own standard streams would be opened and changed, which belong to the guest.
    stdout: true,
    stderr: true,
  });
  let stopped = false;
  worker.once('message', () => {
    events.ready();
  });
  worker.once('error', (error) => {
    if (!stopped) events.failed(error);
    stopped = true;
  });
  worker.once('exit', (code) => {
    if (!stopped) events.failed(new Error(`a core's thread ended with code ${code}`));
    stopped = true;
  });
  worker.unref();
  port1.unref();
  return {
    post: (message) => {
      port1.postMessage(message);
    },
    stop: () => {
      stopped = true;
      void worker.terminate();
    },
  };
}

export interface WorkerInside {
  readonly setup: CoreSetup;
  receive(): CoreMessage | undefined;
  ready(): void;
}

/** Inside a Worker: what it was started with, and its inbox. */
export function insideWorker(): WorkerInside {
  const { parentPort, receiveMessageOnPort, ...host } = threads();
  const { setup, port } = host.workerData as Start;
  return {
    setup,
    receive: () => receiveMessageOnPort(port)?.message as CoreMessage | undefined,
    ready: () => parentPort?.postMessage('ready'),
  };
}
