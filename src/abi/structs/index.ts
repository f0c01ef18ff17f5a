/** All struct layouts. */
export * from './fs.js';
export * from './io.js';
export * from './ipc.js';
export * from './process.js';
export * from './signal.js';
export * from './socket.js';
export * from './stat.js';
export * from './time.js';
export * from './ucontext.js';
