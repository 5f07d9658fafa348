import type { CustomFetch } from 'openid-client';

/**
 * Drops an `expires_in` that is no length of time ("never", -1, null) from token responses. openid-client refuses the whole answer
 * because of it, and with the answer the only valid refresh token of a provider that rotates.
 */
export function withUsableExpiry(fetch: CustomFetch): CustomFetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (init.method !== 'POST' || response.status !== 200) return response;
    const body = await response.clone().text();
    const mended = withoutUnusableExpiry(body);
    return mended === undefined ? response : new Response(mended, { status: 200, headers: response.headers });
  };
}

function withoutUnusableExpiry(body: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null || !('expires_in' in answer)) return undefined;
  const { expires_in: seconds, ...rest } = answer;
  const isUsable =
    Number.isFinite(typeof seconds === 'string' ? Number.parseFloat(seconds) : seconds) && Number(seconds) >= 0;
  return isUsable ? undefined : JSON.stringify(rest);
}
