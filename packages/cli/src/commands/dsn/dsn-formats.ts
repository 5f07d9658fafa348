/** The clients `gprxy dsn --for` knows. */
export const dsnFormats = ['uri', 'psql', 'jdbc', 'dbeaver', 'datagrip', 'pgservice', 'node', 'python', 'env'] as const;
export type DsnFormat = (typeof dsnFormats)[number];
