import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  readonly certificate: string
  readonly key: string
}

const DAY_MS = 86_400_000

/** An authority of its own and a server certificate that it signed for one name: made anew, so nothing can expire. */
export function createTestCertificates(serverName: string): { authority: string; server: TestCertificate } {
  const authorityKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const serverKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = 'Test authority'
  const isAuthority = extension('551d13', true, sequence(tlv(0x01, Buffer.from([0xff]))))
  // A dNSName (RFC 5280, 4.2.1.6).
  const isForName = extension('551d11', false, sequence(tlv(0x82, Buffer.from(serverName))))
  const { privateKey } = authorityKeys
  return {
    authority: toPem(signCertificate(issuer, issuer, authorityKeys.publicKey, isAuthority, privateKey)),
    server: {
      certificate: toPem(signCertificate(issuer, serverName, serverKeys.publicKey, isForName, privateKey)),
      key: serverKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  }
}

/** An X.509 certificate (RFC 5280, 4.1) in DER; Node reads them and makes none. */
function signCertificate(
  issuer: string,
  subject: string,
  publicKey: KeyObject,
  extensions: Buffer,
  issuerKey: KeyObject,
): Buffer {
  const algorithm = sequence(objectId('2a8648ce3d040302'))
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(issuer),
    sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(extensions)),
  )
  const signature = sign('sha256', body, issuerKey)
  return sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])))
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value
  const header = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), value])
}

const sequence = (...items: Buffer[]) => tlv(0x30, Buffer.concat(items))
const objectId = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'))
const time = (ms: number) =>
  tlv(0x18, Buffer.from(`${new Date(ms).toISOString().slice(0, 19).replace(/\D/g, '')}Z`))
const name = (commonName: string) =>
  sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(commonName)))))

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value))
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
