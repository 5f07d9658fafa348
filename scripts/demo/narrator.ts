import { styleText } from 'node:util';

/** Tells the story: what happens in words, what a person types, and what the commands answer. */
export class Narrator {
  readonly #write: (text: string) => void;
  readonly #coloured: boolean;

  constructor(write: (text: string) => void, coloured: boolean) {
    this.#write = write;
    this.#coloured = coloured;
  }

  title(text: string): void {
    this.#write(`\n${this.#style('bold', text)}\n`);
  }

  /** A remark of the demo's own. */
  say(text: string): void {
    this.#write(`${this.#style('gray', text.replace(/^/gm, '# '))}\n`);
  }

  /** What a person would type. */
  command(line: string): void {
    this.#write(`${this.#style('green', '$')} ${this.#style('bold', line)}\n`);
  }

  /** A command's own output, as it comes. */
  output(text: string): void {
    this.#write(text);
  }

  #style(format: Parameters<typeof styleText>[0], text: string): string {
    // validateStream: false, because whether there are colours has been decided already.
    return this.#coloured ? styleText(format, text, { validateStream: false }) : text;
  }
}
