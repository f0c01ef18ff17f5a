/** What the generated evaluators of vector ops call. */
export * from './crypto.js';
export * from './permute.js';
export * from './vector-float.js';
