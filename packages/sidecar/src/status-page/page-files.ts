import { readFileSync } from 'node:fs';

// As plain files, which browsers know. The bundle has their text in place of each call.
export const pageHtml = readFileSync(new URL('../../page/status.html', import.meta.url), 'utf8');
export const pageCss = readFileSync(new URL('../../page/status.css', import.meta.url), 'utf8');
export const pageScript = readFileSync(new URL('../../page/status.js', import.meta.url), 'utf8');
