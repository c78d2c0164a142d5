import { NotFoundError } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'
import { RmaError } from '../../shared/errors.ts'

/**
 * The datastore kad-dht gets: always empty, and closed to writing. kad-dht would otherwise store values (PUT_VALUE) and
 * provider records (ADD_PROVIDER) for anybody, without a bound and without asking which is newer. Nothing here uses
 * them, so both handlers fail on their first write, and kad-dht resets the stream they came on.
 */
export class RefusingStore implements Datastore {
  put(): never {
    throw refusal()
  }

  putMany(): never {
    throw refusal()
  }

  get(): never {
    throw new NotFoundError('the DHT keeps no values')
  }

  has(): boolean {
    return false
  }

  delete(): void {
    // Nothing is ever stored, so nothing is left to delete.
  }

  async *getMany(): AsyncGenerator<never> {
    yield* []
  }

  async *deleteMany(): AsyncGenerator<never> {
    yield* []
  }

  async *query(): AsyncGenerator<never> {
    yield* []
  }

  async *queryKeys(): AsyncGenerator<never> {
    yield* []
  }

  batch(): Batch {
    return { put: () => this.put(), delete: () => this.delete(), commit: () => undefined }
  }
}

function refusal(): RmaError {
  return new RmaError('FORBIDDEN', 'the DHT of this network stores neither values nor providers')
}
