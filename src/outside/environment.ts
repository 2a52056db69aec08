// The environment that this process was started with; read only where a document of another program says what stands in it.

export const environment = (): Readonly<Record<string, string | undefined>> => process.env;
