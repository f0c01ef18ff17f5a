/** The part of node:assert that elfy uses; put in its place by scripts/build.mjs. */
exports.equal = function equal(actual, expected) {
  // Node's legacy equal() compares loosely, and so do we.
  if (actual != expected) throw new Error(`${actual} == ${expected}`);
};
