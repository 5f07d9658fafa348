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
  ['loc', 'local_auth'],
  ['us', undefined],
  ['banana', undefined],
  ['', undefined],
])('takes %j for %j', (typed, word) => {
  expect(closestWord(typed, words)).toBe(word);
});

const commands = ['start', 'stop', 'restart', 'reload', 'status', 'logs', 'login', 'logout'];

it.each([
  ['stat', 'status'],
  ['star', 'start'],
  ['rest', 'restart'],
  ['logi', 'login'],
  ['log', 'logs'],
  ['strat', 'start'],
  ['statsu', 'status'],
  ['stpo', 'stop'],
])('goes on with the beginning of a command before it corrects one: %j for %j', (typed, command) => {
  expect(closestWord(typed, commands)).toBe(command);
});
