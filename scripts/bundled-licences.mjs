import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The licence texts of every package whose code is in a bundle, as those licences ask for. */
export async function licencesOf(metafile, baseDirectory) {
  const directories = new Set(Object.keys(metafile.inputs).map((input) => packageOf(resolve(baseDirectory, input))));
  const texts = await Promise.all([...directories].filter(Boolean).sort().map(licenceOf));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** The directory of the npm package a file belongs to; nothing for our own files. */
function packageOf(file) {
  if (!file.includes('/node_modules/')) return undefined;
  for (let directory = dirname(file); directory.includes('/node_modules/'); directory = dirname(directory)) {
    // Packages carry further package.json files that only set the module type.
    if (existsSync(`${directory}/package.json`) && /\/node_modules\/(@[^/]+\/)?[^/]+$/.test(directory))
      return directory;
  }
  return undefined;
}

async function licenceOf(directory) {
  const { name, version, license } = JSON.parse(await readFile(`${directory}/package.json`, 'utf8'));
  const file = (await readdir(directory)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(`${directory}/${file}`, 'utf8') : `Licence: ${license}\n`;
  return `${name} ${version}\n\n${text}`;
}
