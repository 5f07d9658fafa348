import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksIn } from './doc-links.testing.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name));
const readmes = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'README.md'));
const pages = ['README.md', 'CONTRIBUTING.md', ...docs, ...readmes].filter(
  (path) => path.endsWith('.md') && existsSync(join(root, path)),
);
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

/** Links of `page` to files of the project, with their paths from its root. */
function linksOf(page: string) {
  return linksIn(textOf(page))
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#');
      return { link, path: path === '' ? page : join(dirname(page), path), anchor };
    });
}

describe('the documentation', () => {
  it.each(pages)('%s links to files that are there', (page) => {
    const dead = linksOf(page).filter(({ path }) => !existsSync(join(root, path)));
    expect(dead.map(({ link }) => link)).toEqual([]);
  });

  it.each(pages)('%s links to headings that are there', (page) => {
    const toHeadings = linksOf(page).filter(({ path, anchor }) => anchor && path.endsWith('.md'));
    const dead = toHeadings.filter(({ path, anchor }) => !anchorsOf(textOf(path)).has(anchor ?? ''));
    expect(dead.map(({ link }) => link)).toEqual([]);
  });

  it('has an index with every page but the decisions, which stand in a folder of their own', () => {
    const listed = new Set(linksOf('docs/README.md').map(({ path }) => path));
    const isInPlaceOfTheFolder = (page: string) =>
      listed.has(join(dirname(page), 'README.md')) && dirname(page) !== 'docs';
    const missing = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !listed.has(page));
    expect(missing.filter((page) => !isInPlaceOfTheFolder(page) && !page.startsWith('docs/decisions/'))).toEqual([]);
  });

  it('has no page that nobody finds from the README', () => {
    const found = new Set<string>(['README.md']);
    for (const page of found) {
      for (const { path } of linksOf(page)) {
        const isDirectory = statSync(join(root, path)).isDirectory();
        const reached = isDirectory ? pages.filter((one) => dirname(one) === path.replace(/\/$/, '')) : [path];
        for (const one of reached) if (pages.includes(one)) found.add(one);
      }
    }
    expect(pages.filter((page) => page.startsWith('docs/') && !found.has(page))).toEqual([]);
  });
});

describe('the links of a page', () => {
  it('are those of its text and pictures, and not what stands in code', () => {
    const text = 'A [page](a.md#b), ![picture](c.png "Title").\n```\n[no](link.md)\n```\nand `[neither](this.md)`.';
    expect(linksIn(text)).toEqual(['a.md#b', 'c.png']);
  });

  it('end at anchors made of headings as GitHub makes them', () => {
    const text = '# gprxy login\n## What `this` is, (really)?\n```\n# no heading\n```\n## Twice\n## Twice';
    expect([...anchorsOf(text)]).toEqual(['gprxy-login', 'what-this-is-really', 'twice', 'twice-1']);
  });
});
