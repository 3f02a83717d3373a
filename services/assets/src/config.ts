import { blobConfig, peerConfig, readConfig, serviceConfig } from '@atrium/platform/config.ts'
import { Type } from 'typebox'

const mib = 1024 * 1024

const schema = Type.Object({
  ...serviceConfig,
  ...peerConfig,
  ...blobConfig,
  /** What the instances of one owner may hold, of bytes and of images: the tier `free`. */
  FREE_TIER_BYTES_MAX: Type.Integer({ minimum: 0, default: 100 * mib }),
  FREE_TIER_IMAGES_MAX: Type.Integer({ minimum: 0, default: 50 }),
  /** Of one image of a project, one of the library, and one file of any other type. */
  PROJECT_IMAGE_BYTES_MAX: Type.Integer({ minimum: 1, default: 512 * 1024 }),
  IMAGE_BYTES_MAX: Type.Integer({ minimum: 1, default: 32 * mib }),
  FILE_BYTES_MAX: Type.Integer({ minimum: 1, default: 5 * 1024 * mib }),
  /** Files and folders of one instance: its tree is held in memory while it is used. */
  FILES_MAX: Type.Integer({ minimum: 1, default: 20_000 }),
  /** Of the pictures that were made from one owner's, beside the quota. */
  DERIVED_BYTES_MAX: Type.Integer({ minimum: 0, default: 100 * mib }),
  /** How long such a picture is kept before it is made anew: thirty days. */
  DERIVED_KEPT_SECONDS: Type.Integer({ minimum: 1, default: 30 * 86_400 }),
  /** How long bytes are kept that nothing holds any more: a day. */
  ASSETS_GRACE_SECONDS: Type.Integer({ minimum: 0, default: 86_400 }),
  /** How long an upload by tus may take, from its creation to its last byte: a day. */
  ASSETS_UPLOAD_SECONDS: Type.Integer({ minimum: 1, default: 86_400 }),
  /** How often what is due is collected. */
  ASSETS_COLLECT_INTERVAL_SECONDS: Type.Integer({ minimum: 1, default: 60 }),
  /** How often blob store, read models and log are compared: every night. */
  ASSETS_PROOF_INTERVAL_SECONDS: Type.Integer({ minimum: 1, default: 86_400 }),
  /** After how long bytes that nothing holds are no longer those of an upload: a day. */
  ASSETS_UNSETTLED_SECONDS: Type.Integer({ minimum: 1, default: 86_400 }),
})

export const loadConfig = () => readConfig(schema, process.env)
