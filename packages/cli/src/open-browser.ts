/** Opens the person's browser; says nothing about what happens there, and leaves no process to wait for. */
export async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  const child = await open(url);
  child.once('error', () => {});
  child.unref();
}
