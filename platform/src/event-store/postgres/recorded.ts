import type { EventMetadata } from '@atrium/contracts/metadata.ts'
import type { RecordedEvent } from '../port.ts'

/** The columns that every read asks for, in this order. */
export const columns = 'position, stream, revision, id, type, data, metadata, recorded_at'

export type Row = readonly [string, string, string, string, string, string, string, string]

/** An event as a row gave it. Most readers want few of its parts: JSON is parsed when asked for. */
class StoredEvent implements RecordedEvent {
  readonly position: number
  readonly stream: string
  readonly revision: number
  readonly id: string
  readonly type: string
  private dataJson: string | undefined
  private dataParsed: unknown
  private metadataJson: string | undefined
  private metadataParsed: unknown
  private readonly recordedAtText: string

  constructor(row: Row) {
    this.position = Number(row[0])
    this.stream = row[1]
    this.revision = Number(row[2])
    this.id = row[3]
    this.type = row[4]
    this.dataJson = row[5]
    this.metadataJson = row[6]
    this.recordedAtText = row[7]
  }

  get data(): unknown {
    if (this.dataJson !== undefined) {
      this.dataParsed = JSON.parse(this.dataJson)
      this.dataJson = undefined
    }
    return this.dataParsed
  }

  get dataText(): string | undefined {
    return this.dataJson
  }

  get metadata(): EventMetadata {
    if (this.metadataJson !== undefined) {
      this.metadataParsed = JSON.parse(this.metadataJson)
      this.metadataJson = undefined
    }
    return this.metadataParsed as EventMetadata
  }

  /** PostgreSQL says `2026-01-31 09:30:00.123456+00`; the connection's time zone is UTC. */
  get recordedAt(): string {
    return `${this.recordedAtText.slice(0, 10)}T${this.recordedAtText.slice(11, -3)}Z`
  }
}

export const recordedEvent = (row: Row): RecordedEvent => new StoredEvent(row)
