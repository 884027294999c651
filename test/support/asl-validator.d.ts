// asl-validator brings no types: the part of it that is used.

declare module 'asl-validator' {
  export default function aslValidator(definition: unknown): {
    readonly isValid: boolean;
    errorsText(separator: string): string;
  };
}
