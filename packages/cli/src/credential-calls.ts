// The calls behind Dependencies.credentials(), loaded by the commands that need a login.
export {
  createFetch,
  createFileStore,
  createKeychainStore,
  createOidcTokenSource,
  createTokenSource,
  discoverProvider,
  joinLoginUnderWay,
  login,
  logout,
} from '@gprxy/credentials';
