/** The binary forms of ssh that we need: strings with their length (RFC 4251 §5), and the ed25519 public key (RFC 8709). */

/** uint32 length, then the bytes. */
export function sshString(content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads strings and numbers from the front; throws a RangeError past the end. */
export function sshReader(bytes: Buffer): { string(): Buffer; uint32(): number; readonly left: number } {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new RangeError(`the key ends ${length - (bytes.length - at)} B too early`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    string: () => take(take(4).readUInt32BE()),
    uint32: () => take(4).readUInt32BE(),
    get left(): number {
      return bytes.length - at;
    },
  };
}

/** The blob whose base64 stands in an `ssh-ed25519 AAAA...` line; 32 B in, 51 B out. */
export function ed25519Blob(publicKey: Uint8Array): Buffer {
  return Buffer.concat([sshString('ssh-ed25519'), sshString(publicKey)]);
}
