import { startFauxqs } from 'fauxqs'
import type { S3Options } from '../blobs/s3/connection.ts'

export interface S3Double {
  readonly options: S3Options
  close(): Promise<void>
}

/** An S3 server of npm in this process, which keeps everything in memory. */
export async function startS3Double(): Promise<S3Double> {
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
  return {
    options: {
      endpoint: `http://127.0.0.1:${server.port}`,
      accessKey: 'test',
      secretKey: 'test',
      bucket: 'atrium-test',
      folder: 'assets',
    },
    close: () => server.stop(),
  }
}

/** The server that the environment names, or why there is none. */
export function findRealS3(): { readonly options?: S3Options; readonly leftOut?: string } {
  const { S3_ENDPOINT, S3_ACCESS_KEY = '', S3_SECRET_KEY = '', S3_BUCKET } = process.env
  if (!S3_ENDPOINT) return { leftOut: 'S3_ENDPOINT names none' }
  return {
    options: {
      endpoint: S3_ENDPOINT,
      accessKey: S3_ACCESS_KEY,
      secretKey: S3_SECRET_KEY,
      bucket: S3_BUCKET ?? 'atrium-test',
    },
  }
}
