import { describe, expect, it } from 'vitest';
import { remember } from './look-up-role.ts';

function create() {
  const clock = { now: 0 };
  const asked: string[] = [];
  const ask = (answer: string) => async () => {
    asked.push(answer);
    if (answer === 'fail') throw new Error('down');
    return answer;
  };
  return { clock, asked, ask, recall: remember<string>({ now: () => clock.now, ttlMs: 1_000 }) };
}

describe('what is remembered of a role', () => {
  it('is asked for once by all who come at the same time', async () => {
    const { asked, ask, recall } = create();
    await Promise.all(Array.from({ length: 50 }, () => recall('alice', ask('yes'))));
    expect(asked).toEqual(['yes']);
  });

  it('is of one role and one database', async () => {
    const { ask, recall } = create();
    expect(await recall('sales\0alice', ask('one'))).toBe('one');
    expect(await recall('hr\0alice', ask('two'))).toBe('two');
  });

  it('is asked for again after its time', async () => {
    const { clock, ask, recall } = create();
    await recall('alice', ask('old'));
    clock.now = 999;
    expect(await recall('alice', ask('new'))).toBe('old');
    clock.now = 1_000;
    expect(await recall('alice', ask('new'))).toBe('new');
  });

  it('is no failure', async () => {
    const { ask, recall } = create();
    await expect(recall('alice', ask('fail'))).rejects.toThrow('down');
    expect(await recall('alice', ask('yes'))).toBe('yes');
  });
});
