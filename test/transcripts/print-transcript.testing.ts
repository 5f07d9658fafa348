import type { Command, Entry, Given, Transcript } from './transcript.testing.ts';

/** The text that parses to the same transcript. */
export function printTranscript(transcript: Transcript): string {
  return transcript.map(printEntry).join('').trimStart();
}

function printEntry(entry: Entry, index: number, entries: Transcript): string {
  const before = entries[index - 1]?.kind === entry.kind && entry.kind !== 'scene' ? '' : '\n';
  switch (entry.kind) {
    case 'prose':
      return `${before}${entry.text}\n`;
    case 'gap':
      return `${before}~ ${entry.situation}: ${entry.reason}\n`;
    case 'scene':
      return `${before}# ${entry.situation}: ${entry.title}\n${entry.steps.map(printStep).join('')}`;
  }
}

function printStep(step: Command | Given): string {
  return step.kind === 'given' ? `* ${step.sentence}\n` : `${printCommand(step)}\n`;
}

/** As it stands in a transcript, without a line break at the end. */
export function printCommand({ line, stdout, stderr, exitCode }: Command): string {
  return [
    `$ ${line.replaceAll('\n', '\n> ')}`,
    ...stdout.map(printOutput),
    ...stderr.map((text) => (text === '' ? '!' : `! ${text}`)),
    ...(exitCode === 0 ? [] : [`? ${exitCode}`]),
  ].join('\n');
}

function printOutput(text: string): string {
  if (text === '') return '|';
  const looksLikeAnother = /^[#~*$>!?|] |^[!|]$/.test(text);
  return looksLikeAnother ? `| ${text}` : text;
}
