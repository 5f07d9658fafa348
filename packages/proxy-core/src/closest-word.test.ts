import { expect, it } from 'vitest';
import { closestWord } from './closest-word.ts';

const words = ['issuer', 'client_id', 'listen', 'local_auth', 'upstream', 'user'];

it.each([
  ['isuer', 'issuer'],
  ['clientId', 'client_id'],
  ['client', 'client_id'],
  ['lsiten', 'listen'],
  ['suer', 'user'],
  ['uesr', 'user'],
  ['local-auth', 'local_auth'],
  ['banana', undefined],
  ['', undefined],
])('takes %j for %j', (typed, word) => {
  expect(closestWord(typed, words)).toBe(word);
});
