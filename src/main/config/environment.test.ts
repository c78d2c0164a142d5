import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { parseEnvironment } from './environment.ts'

function refusal(env: NodeJS.ProcessEnv): RmaError {
  try {
    parseEnvironment(env)
  } catch (error) {
    if (error instanceof RmaError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

describe('environment', () => {
  it('has the platform’s defaults when nothing is set, or set to nothing', () => {
    const expected = {
      DHT_ENABLED: true,
      DHT_HEARTBEAT_INTERVAL: 30_000,
      DHT_WORKER_TTL: 300_000,
      DHT_CACHE_TTL: 60_000,
      DHT_MAX_WORKERS: 50,
    }
    expect(parseEnvironment({})).toEqual(expected)
    expect(parseEnvironment({ DHT_PORT: '', LOCATION: '' })).toEqual(expected)
  })

  it('reads values in their units', () => {
    expect(parseEnvironment({ DHT_PORT: '9000', DHT_CACHE_TTL: '5', LOCATION: 'leeds' })).toEqual(
      expect.objectContaining({ DHT_PORT: 9_000, DHT_CACHE_TTL: 5_000, LOCATION: 'leeds' }),
    )
  })

  it('reads lists with commas between, and URLs with or without a slash at the end', () => {
    const env = { COORDINATOR_URL: 'https://a.example/, http://b.example:8080', CORS_ORIGINS: 'https://app.example' }
    expect(parseEnvironment(env)).toMatchObject({
      COORDINATOR_URL: ['https://a.example', 'http://b.example:8080'],
      CORS_ORIGINS: ['https://app.example'],
    })
  })

  it.each([
    ['DHT_PORT', '99999', 'DHT_PORT: expected a port from 1 to 65535, got "99999"'],
    ['DHT_PORT', 'http', 'DHT_PORT: expected a port from 1 to 65535, got "http"'],
    ['TUNNEL_URL', 'w1.example.org', 'TUNNEL_URL: expected an https URL, got "w1.example.org"'],
    [
      'TUNNEL_URL',
      'https://example.org/w1',
      'TUNNEL_URL: expected an https address without a path, or http on loopback, got "https://example.org/w1"',
    ],
    ['DHT_ENABLED', 'no', 'DHT_ENABLED: expected true or false, got "no"'],
    [
      'COORDINATOR_URL',
      'coordinator',
      'COORDINATOR_URL: expected http or https URLs, with commas between them, got "coordinator"',
    ],
    ['COORDINATOR_URL', ' , ', 'COORDINATOR_URL: expected at least one, got " , "'],
    [
      'EDGE_ROUTER_URL',
      'ftp://edge.example',
      'EDGE_ROUTER_URL: expected an http or https URL, got "ftp://edge.example"',
    ],
    [
      'CORS_ORIGINS',
      'https://app.example/page',
      'CORS_ORIGINS: expected origins such as https://app.example.org, without a path, got "https://app.example/page"',
    ],
    ['CORS_ORIGINS', '*', 'CORS_ORIGINS: expected origins such as https://app.example.org, got "*"'],
    ['DHT_WORKER_TTL', '0', 'DHT_WORKER_TTL: expected a number of seconds from 1 to 999999, got "0"'],
    ['DHT_WORKER_TTL', '601', 'DHT_WORKER_TTL: expected at most 600 seconds, got "601"'],
    ['BANDWIDTH_UP', '0', 'BANDWIDTH_UP: expected KiB a second, from 1 to 10485760, got "0"'],
    ['BANDWIDTH_DOWN', '2 MB', 'BANDWIDTH_DOWN: expected KiB a second, from 1 to 10485760, got "2 MB"'],
    ['DHT_MAX_WORKERS', '-1', 'DHT_MAX_WORKERS: expected a number from 1 to 1000, got "-1"'],
    ['LOCATION', 'New York', 'LOCATION: expected lower-case words joined by hyphens, got "New York"'],
  ])('refuses %s=%s in one line that says what it takes', (variable, value, message) => {
    const error = refusal({ [variable]: value })
    expect(error.code).toBe('BAD_ENVIRONMENT')
    expect(error.message).toBe(message)
    expect(error.details).toEqual({ variable })
  })
})
