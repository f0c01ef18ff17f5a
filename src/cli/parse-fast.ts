/**
 * The parser for ordinary command lines. yargs costs 16 ms to load, as much as everything else together, so it is
 * only asked when this one gives up: for help, version, `--name=value`, abbreviations and mistakes.
 */
import { type CommandLine, FLAG_OPTIONS, VALUE_OPTIONS } from './command-line.js';

/**
 * Reads options into `line` up to the program; what follows is the program's and is not looked at.
 * @returns false when yargs has to look; `line` is then half done
 * @throws UsageError for a value that makes no sense
 */
export function parseFast(argv: readonly string[], line: CommandLine): boolean {
  let i = 0;
  for (; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--') {
      i++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    if (Object.hasOwn(FLAG_OPTIONS, word)) FLAG_OPTIONS[word]?.(line);
    else if (Object.hasOwn(VALUE_OPTIONS, word)) {
      const value = argv[++i];
      // A missing value, `-d help` and `--cpu help` are for the parser that explains.
      if (value === undefined || value === 'help') return false;
      VALUE_OPTIONS[word]?.(line, value);
    } else return false;
  }
  const program = argv[i];
  if (program === undefined) return false;
  line.program = program;
  line.args = argv.slice(i + 1);
  return true;
}
