import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';

/** There is something where the login should be, and nobody can read it: a new login takes its place. */
export class DamagedLogin extends CredentialError {
  constructor(account: string) {
    super('ERR_LOGIN_NEEDED', `the stored login of profile ${account} is damaged`, { hint: runLogin(account) });
  }
}

/** Whole, but in the words of a later version. It is not touched: its refresh token may be the only one. */
export class NewerLogin extends CredentialError {
  constructor(account: string) {
    super('ERR_STORE_FAILED', `the login of profile ${account} was stored by a newer gprxy than this one`, {
      hint: `Update this gprxy ("gprxy --version"). Or start anew with it: ${runLogin(account)}`,
    });
  }
}
