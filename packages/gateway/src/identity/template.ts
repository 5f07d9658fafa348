/** Text with claims in braces: `"{email}"`, `"app_{preferred_username}"`. */
export interface Template {
  /** As it stands in the file. */
  readonly source: string;
  /** The text of a template without claims. */
  readonly literal: string | undefined;
  readonly parts: ReadonlyArray<{ readonly text: string } | { readonly claim: string }>;
}

/** `undefined` when braces are nested, empty or alone. */
export function parseTemplate(source: string): Template | undefined {
  const parts: Array<{ text: string } | { claim: string }> = [];
  for (const [part, claim] of source.matchAll(/\{([^{}]+)\}|[^{}]+|[{}]/g)) {
    if (part === '{' || part === '}') return undefined;
    parts.push(claim === undefined ? { text: part } : { claim });
  }
  const isLiteral = parts.every((part) => 'text' in part);
  return { source, literal: isLiteral ? source : undefined, parts };
}

/** `undefined` when a claim is missing: half a name would be somebody else's. */
export function fillTemplate(template: Template, claim: (name: string) => string | undefined): string | undefined {
  let filled = '';
  for (const part of template.parts) {
    const value = 'text' in part ? part.text : claim(part.claim);
    if (value === undefined) return undefined;
    filled += value;
  }
  return filled;
}
