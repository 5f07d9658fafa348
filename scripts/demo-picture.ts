// Plays a part of the demo for real and draws its terminal: node --import tsx scripts/demo-picture.ts [docs/demo.svg]
import { writeFile } from 'node:fs/promises';
import { Narrator } from './demo/narrator.ts';
import { play } from './demo/play.ts';
import { cancel, query, refusal, signIn } from './demo/scenes.ts';
import { terminalPicture } from './demo/terminal-picture.ts';

const [file = 'docs/demo.svg'] = process.argv.slice(2);
let transcript = '';
const narrator = new Narrator((text) => {
  transcript += text;
}, true);
const options = { interactive: false, keep: false };
await play(narrator, options, AbortSignal.timeout(120_000), [signIn, query, cancel, refusal]);
await writeFile(file, terminalPicture(transcript, 'gprxy'));
