// Makes gprxy(1) of what the program itself says: its help is the one text about its commands.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The page in the language of man(7), told by the bundle itself: what `tsc` has built may be older. */
export async function manPage(bundleFile, version) {
  const start = `require(${JSON.stringify(bundleFile)}).main(${JSON.stringify(version)})`;
  const ask = async (...args) =>
    (await run(process.execPath, ['-e', start, '--', 'gprxy', ...args], { env: {} })).stdout;
  const [main, words] = [await ask('help'), await wordsAfter(ask, 'help')];
  const sections = [];
  for (const word of words) {
    sections.push(section(word, await ask('help', word)));
    for (const inner of await wordsAfter(ask, 'help', word)) {
      sections.push(section(`${word} ${inner}`, await ask('help', word, inner)));
    }
  }
  return [
    `.TH GPRXY 1 "" "gprxy ${version}" "User Commands"`,
    '.SH NAME',
    'gprxy \\- reach PostgreSQL with your company login',
    '.SH DESCRIPTION',
    verbatim(main),
    '.SH COMMANDS AND TOPICS',
    ...sections,
    '',
  ].join('\n');
}

/** Completion knows every command and topic. */
async function wordsAfter(ask, ...words) {
  const lines = (await ask('__complete', 'fish', '=', ...words)).split('\n');
  return lines.map((line) => line.split('\t', 1)[0]).filter((word) => word !== '' && word !== ':files');
}

function section(name, text) {
  return `.SS ${name}\n${verbatim(text)}`;
}

/** Lines as they are: a backslash is written \e, and a line may not begin like a request of roff. */
function verbatim(text) {
  const lines = text.trimEnd().replaceAll('\\', '\\e').replaceAll('-', '\\-').split('\n');
  return ['.nf', ...lines.map((line) => line.replace(/^(?=[.'])/, '\\&')), '.fi'].join('\n');
}
