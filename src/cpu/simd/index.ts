/** What the generated evaluators of vector ops call. */
export * from './permute.js';
export * from './vector-float.js';
