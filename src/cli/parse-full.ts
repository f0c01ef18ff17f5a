/** The command line by yargs: help, version, `--name=value`, and messages for what is wrong. */
import yargs from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { cpuModelNames } from '../api/cpu-models.js';
import { logItemsHelp } from '../debug/log-items.js';
import { type CommandLine, ENGINES, FLAG_OPTIONS, UsageError, VALUE_OPTIONS } from './command-line.js';

/** QEMU spells long options with one dash; yargs would read a cluster of letters. */
const ONE_DASH: Readonly<Record<string, string>> = {
  '-strace': '--strace',
  '-stats': '--stats',
  '-cpu': '--cpu',
  '-seed': '--seed',
  '-one-insn-per-tb': '--one-insn-per-tb',
  '-singlestep': '--one-insn-per-tb',
  '-version': '--version',
  '-help': '--help',
};

/** Options are rewritten up to the program; guest arguments are never touched. */
export function normalise(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--' || !word.startsWith('-') || word === '-') return [...out, ...argv.slice(i)];
    const name = ONE_DASH[word] ?? word;
    out.push(name);
    const value = argv[i + 1];
    if (Object.hasOwn(VALUE_OPTIONS, name) && value !== undefined) {
      out.push(value);
      i++;
    }
  }
  return out;
}

/** Those of the options that yargs gets: one letter behind one dash, or a word behind two. */
const spelled = (options: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(options).filter((option) => /^(-.|--.+)$/.test(option));

type Outcome = { readonly line: CommandLine } | { readonly text: string };

/**
 * @param line options so far (from the environment); filled in
 * @returns the line, or text to print (help, version) instead of running anything
 * @throws UsageError
 */
export async function parseFull(argv: readonly string[], line: CommandLine): Promise<Outcome> {
  const text = { type: 'string', requiresArg: true } as const;
  let failure: string | undefined;
  const parser = yargs()
    .scriptName('sojourn')
    .usage('$0 [options] program [arguments…]\n\nRuns a Linux program built for another instruction set.')
    .parserConfiguration({
      'halt-at-non-option': true,
      'parse-positional-numbers': false,
      'parse-numbers': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'populate--': false,
      'short-option-groups': false,
    })
    .locale('en')
    .option('L', {
      ...text,
      describe: 'try absolute paths under this directory first (also SOJOURN_LD_PREFIX, QEMU_LD_PREFIX)',
    })
    .option('E', { ...text, array: false, describe: 'set NAME=VALUE in the environment; may be repeated' })
    .option('U', { ...text, describe: 'remove NAME from the environment; may be repeated' })
    .option('0', { ...text, describe: 'argv[0] of the program' })
    .option('s', { ...text, describe: 'stack size in bytes, with suffix k, M or G (8M)' })
    .option('d', { ...text, describe: 'log these items, separated by commas; -d help lists them' })
    .option('D', { ...text, describe: 'write the log to this file instead of standard error' })
    .option('strace', { type: 'boolean', describe: 'print system calls' })
    .option('cores', { ...text, describe: 'CPUs that the guest may use at the same time' })
    .option('engine', { ...text, choices: ENGINES, describe: 'how guest code runs' })
    .option('cpu', { ...text, describe: 'CPU model; --cpu help lists them' })
    .option('r', { ...text, describe: 'kernel release that uname tells' })
    .option('seed', { ...text, describe: 'makes the random numbers of the system the same each time' })
    .option('one-insn-per-tb', {
      type: 'boolean',
      describe: 'translate one instruction at a time, for logs',
    })
    .option('stats', { type: 'boolean', describe: 'print counters when the program ends' })
    .option('no-cache', {
      type: 'boolean',
      describe:
        'do not keep compiled code for the next run (also SOJOURN_CACHE=off; directory: SOJOURN_CACHE_DIR)',
    })
    .option('p', { ...text, hidden: true })
    .option('B', { ...text, hidden: true })
    .option('R', { ...text, hidden: true })
    .help('help')
    .alias('help', 'h')
    .version(`sojourn ${packageJson.version}`)
    .epilogue('Options end at the program; its arguments are passed on untouched.')
    .wrap(100)
    .strictOptions()
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      failure = message || error.message;
    });

  let printed: string | undefined;
  const parsed = await parser.parse(normalise(argv), {}, (_error, _argv, output) => {
    printed = output;
  });
  if (failure !== undefined) throw new UsageError(failure);
  if (printed !== undefined && printed !== '') return { text: `${printed}\n` };

  for (const option of spelled(VALUE_OPTIONS)) {
    const name = option.replace(/^-+/, '');
    const given = parsed[name] as string | string[] | undefined;
    if (given === undefined) continue;
    for (const value of typeof given === 'string' ? [given] : given) {
      const special = helpFor(name, value);
      if (special !== undefined) return { text: special };
      VALUE_OPTIONS[option]?.(line, value);
    }
  }
  for (const option of spelled(FLAG_OPTIONS))
    if (parsed[option.slice(2)] === true) FLAG_OPTIONS[option]?.(line);
  const [program, ...args] = parsed._.map(String);
  if (program === undefined) throw new UsageError('no program given (see sojourn --help)');
  line.program = program;
  line.args = args;
  return { line };
}

function helpFor(name: string, value: string): string | undefined {
  if (value !== 'help') return undefined;
  if (name === 'd') return `Log items (-d a,b,…):\n${logItemsHelp()}`;
  if (name === 'cpu') {
    return cpuModelNames()
      .map(([isa, names]) => `${isa}: ${names.join(', ')}\n`)
      .join('');
  }
  return undefined;
}
