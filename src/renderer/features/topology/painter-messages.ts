import type { Job } from '../../../shared/schema/job.ts'
import type { Camera, Size } from './geometry.ts'
import type { Palette } from './palette.ts'
import type { Sketch } from './sketch.ts'

/** The first message to the painter. */
export interface PainterStart {
  kind: 'start'
  canvas: OffscreenCanvas
  reducedMotion: boolean
}

/** Where the picture is looked at from, and what stands out in it. */
export interface View {
  camera: Camera
  /** The node whose edges stand out; this machine's do where there is none. */
  focus: string | undefined
  /** Ends of the edge that the pointer is on. */
  pointedAt: readonly [string, string] | undefined
  /** Radius in world units of the ring that nodes stand on, where they do. */
  ring: number | undefined
}

export interface Screen {
  /** Pixels of the page. */
  size: Size
  pixelRatio: number
  /** Pixels of the page for one of the drawing: everything is drawn larger where the page's type is. */
  zoom: number
}

export interface PaintedJobs {
  jobs: readonly Job[]
  /** Id of the group that one of their peers is drawn as. */
  shownAs: ReadonlyMap<string, string>
}

/** What has changed since the last one. Drawn at the next frame of the screen, together with all others that come before. */
export interface PainterUpdate {
  kind: 'update'
  view: View
  screen?: Screen
  palette?: Palette
  sketch?: Sketch
  /** Of the newest sketch, as `placeScene` takes them. */
  places?: Float32Array<ArrayBuffer>
  jobs?: PaintedJobs
}

export type PainterMessage = PainterStart | PainterUpdate
