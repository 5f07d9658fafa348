// The provider's own pages, as small as they can be. They load nothing from elsewhere.

export const codePage = (form: string) =>
  page(
    'Connect a device',
    `<p>Enter the code that your terminal shows.</p>${form}${button('op.deviceInputForm', 'Continue')}`,
  );

export const confirmPage = (form: string, client: string, userCode: string) =>
  page(
    'Confirm the device',
    `<p><strong>${escapeHtml(client)}</strong> asks to sign in. Your terminal must show this code:</p>
     <p class="code">${escapeHtml(userCode)}</p>${form}
     ${button('op.deviceConfirmForm', 'Continue')}
     <button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">It was not me</button>`,
  );

export const loginPage = (action: string, users: readonly string[]) =>
  page(
    'Sign in',
    `<form id="login" method="post" action="${escapeHtml(action)}">
       <label>User <input type="text" name="login" value="" autofocus required></label>
       <label>Password <input type="password" name="password" value=""></label>
     </form>${button('login', 'Sign in')}
     <p>Users of this test provider: ${users.map(escapeHtml).join(', ')}. Any password will do.</p>`,
  );

export const consentPage = (action: string, client: string, scopes: readonly string[]) =>
  page(
    'Allow access',
    `<p><strong>${escapeHtml(client)}</strong> asks for: ${scopes.map(escapeHtml).join(', ') || 'your identity'}.</p>
     <form id="consent" method="post" action="${escapeHtml(action)}">
       <input type="hidden" name="consent" value="yes">
     </form>${button('consent', 'Allow')}`,
  );

export const successPage = () => page('Signed in', '<p>You can close this page and return to your terminal.</p>');

export const messagePage = (title: string, message: string) => page(title, `<p>${escapeHtml(message)}</p>`);

function page(title: string, body: string): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}
label,input{display:block;width:100%;box-sizing:border-box}input{font:inherit;padding:.5rem;margin:.25rem 0 1rem}
button{font:inherit;padding:.5rem 1rem;margin:.5rem .5rem 0 0}.code{font:2rem monospace;letter-spacing:.1em}</style>
</head><body><h1>${escapeHtml(title)}</h1>${body}</body></html>`;
}

const button = (form: string, text: string) => `<button type="submit" form="${form}">${text}</button>`;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
