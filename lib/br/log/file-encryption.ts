// How a log file says that it is encrypted (FACTS §3.9, §4.1): the message as a small union of what can be read.
// It holds no key and decrypts nothing.
import { damagedObject, PitrError } from '../../domain/errors.ts';
import type { CipherMethod } from '../encryption.ts';
import { EncryptionMethod, type FileEncryptionInfo } from '../proto/gen/encryption_pb.js';

/** The encryption of one file's range. */
export interface LogFileEncryption {
  readonly method: CipherMethod;
  /** 16 bytes: the counter block at the first byte of the file's range. */
  readonly iv: Uint8Array;
  /** sha256 of the ciphertext, 32 bytes; undefined when the writer gave none. */
  readonly checksum: Uint8Array | undefined;
  /** `master-key`: the data key is wrapped and would have to be asked from a key service. */
  readonly mode: 'plaintext-data-key' | 'master-key';
}

/** undefined = stored as plaintext. Errors: OBJECT_DAMAGED, UNSUPPORTED, naming the meta. */
export function fileEncryption(name: string, info: FileEncryptionInfo): LogFileEncryption | undefined {
  // Says nothing at all: no encryption. Were it wrong, zstd and the sha256 of the plaintext would tell.
  const { mode, fileIv, checksum, encryptionMethod } = info;
  const isEmpty = mode.case === undefined && fileIv.length === 0 && checksum.length === 0;
  if (isEmpty && encryptionMethod === EncryptionMethod.UNKNOWN) return undefined;
  const method = cipherMethod(name, encryptionMethod);
  if (method === undefined) return undefined;
  if (info.fileIv.length !== 16)
    throw damagedObject(name, 'an iv of 16 bytes', `${info.fileIv.length} bytes`);
  if (info.checksum.length !== 32 && info.checksum.length !== 0) {
    throw damagedObject(name, 'a checksum of 32 bytes', `${info.checksum.length} bytes`);
  }
  return {
    method,
    iv: info.fileIv,
    checksum: info.checksum.length === 0 ? undefined : info.checksum,
    mode: info.mode.case === 'masterKeyBased' ? 'master-key' : 'plaintext-data-key',
  };
}

function cipherMethod(name: string, method: EncryptionMethod): CipherMethod | undefined {
  switch (method) {
    case EncryptionMethod.PLAINTEXT:
      return undefined;
    case EncryptionMethod.AES128_CTR:
      return 'aes128-ctr';
    case EncryptionMethod.AES192_CTR:
      return 'aes192-ctr';
    case EncryptionMethod.AES256_CTR:
      return 'aes256-ctr';
    case EncryptionMethod.SM4_CTR:
      throw new PitrError('UNSUPPORTED', `${name} names files encrypted with SM4, which is not read`);
    case EncryptionMethod.UNKNOWN:
      throw damagedObject(name, 'an encryption method', 'none');
    default:
      throw damagedObject(name, 'a known encryption method', String(method satisfies never));
  }
}
