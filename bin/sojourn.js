#!/usr/bin/env node
/**
 * Starts dist/main.cjs with V8's code cache: parsing and compiling it anew would take longer than running a small
 * program. The cache belongs to one build and one Node; a run that finds none leaves one behind.
 */
'use strict';
const fs = require('node:fs');
const { Script, constants } = require('node:vm');

const dist = `${__dirname}/../dist`;
const filename = fs.realpathSync(`${dist}/main.cjs`);
// ASCII only (scripts/build.mjs), so this is exact, and the cheapest way to get a string.
const source = fs.readFileSync(filename, 'latin1');
// The build's last line.
const { id, v8Options } = JSON.parse(source.slice(source.lastIndexOf('\n//# ') + 5));
// As src/kernel/host/v8.ts will do: caches are refused when V8's options differ from those they were made under.
const major = Number(process.versions.node.split('.', 1)[0]);
for (const [option, before] of v8Options) {
  if (major < before) require('node:v8').setFlagsFromString(option);
}
const cachePath = `${dist}/code-cache/${id}-${process.version}-${process.arch}`;

let cachedData;
try {
  cachedData = fs.readFileSync(cachePath);
} catch {
  // None yet.
}
const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
  filename,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});

const fill = process.env.SOJOURN_FILL_CODE_CACHE !== undefined;
// With V8 options on the command line caches are refused; that is no reason to replace one.
if (fill || ((cachedData === undefined || script.cachedDataRejected) && process.execArgv.length === 0)) {
  process.on('exit', () => {
    try {
      const temporary = `${cachePath}.${process.pid}`;
      // The guest's start has taken our umask away.
      fs.mkdirSync(`${dist}/code-cache`, { recursive: true, mode: 0o755 });
      fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o644 });
      fs.renameSync(temporary, cachePath);
    } catch {
      // Not ours to write: every start will take a little longer.
    }
  });
}

const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, filename, fs.realpathSync(dist));
