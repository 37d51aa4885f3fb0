import { placeTime, readTime, type TimeScale } from './scale.ts';
import { panWindow, pinchWindow, type TimeWindow, zoomWindow } from './window.ts';

/** Mouse, pen and fingers on a timeline: wheel and pinch zoom, dragging pans. */

/** The timeline's state for pointers, and its handlers. */
export interface PointerTarget {
  readonly readScale: () => TimeScale;
  readonly onWindow: (window: TimeWindow) => void;
  /** Called with the mouse's position in CSS pixels, and with undefined when it leaves. */
  readonly onPointer: (place: { readonly x: number; readonly y: number } | undefined) => void;
  /** Called after a press and release at the same point. */
  readonly onClick: (x: number, y: number) => void;
}

/** How far a pointer must move to start a drag, in CSS pixels. */
const clickReach = 4;

/** Zoom factor for each CSS pixel of the wheel, and the CSS pixels of a line. */
const wheelFactor = 1.0015;
const lineHeight = 16;

interface Finger {
  x: number;
  readonly begin: { readonly x: number; readonly y: number };
  /** The time under the finger. */
  time: number;
}

/** Follows the pointers over an element. Returns a function that stops it. */
export function followPointers(element: HTMLElement, target: PointerTarget): () => void {
  const fingers = new Map<number, Finger>();
  let hasMoved = false;
  const place = ({ clientX, clientY }: MouseEvent) => {
    const { left, top } = element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const holdTimes = () => {
    for (const finger of fingers.values()) finger.time = readTime(target.readScale(), finger.x);
  };
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const begin = place(event);
    if (fingers.size === 0) hasMoved = false;
    fingers.set(event.pointerId, { x: begin.x, begin, time: 0 });
    holdTimes();
    element.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent) => {
    const at = place(event);
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) {
      if (event.pointerType === 'mouse') target.onPointer(at);
      return;
    }
    finger.x = at.x;
    if (fingers.size === 1 && !hasMoved && Math.abs(at.x - finger.begin.x) < clickReach) return;
    hasMoved = true;
    target.onPointer(undefined);
    target.onWindow(dragWindow([...fingers.values()], target.readScale()));
  };
  const onUp = (event: PointerEvent) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    holdTimes();
    if (finger !== undefined && fingers.size === 0 && !hasMoved && event.type === 'pointerup')
      target.onClick(finger.begin.x, finger.begin.y);
  };
  const onLeave = () => target.onPointer(undefined);
  const onWheel = (event: WheelEvent) => {
    // Over the timeline, the wheel zooms or pans and must not scroll the page.
    event.preventDefault();
    const scale = target.readScale();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? lineHeight : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      const by = (Math.abs(event.deltaX) > 0 ? event.deltaX : event.deltaY) * unit;
      target.onWindow(panWindow(scale.window, by / scale.width));
      return;
    }
    const anchor = readTime(scale, place(event).x);
    target.onWindow(zoomWindow(scale.window, wheelFactor ** (event.deltaY * unit), anchor));
  };
  const listeners: readonly (readonly [string, (event: never) => void])[] = [
    ['pointerdown', onDown],
    ['pointermove', onMove],
    ['pointerup', onUp],
    ['pointercancel', onUp],
    ['pointerleave', onLeave],
    ['wheel', onWheel],
  ];
  for (const [name, listener] of listeners)
    element.addEventListener(name, listener as (event: Event) => void, { passive: false });
  return () => {
    for (const [name, listener] of listeners)
      element.removeEventListener(name, listener as (event: Event) => void);
  };
}

/** The window in which the times that the fingers hold are under the fingers. */
function dragWindow(fingers: readonly Finger[], scale: TimeScale): TimeWindow {
  const [first, second] = fingers;
  if (first === undefined) return scale.window;
  if (second === undefined || Math.abs(second.x - first.x) < 1) {
    return panWindow(scale.window, (placeTime(scale, first.time) - first.x) / scale.width);
  }
  return pinchWindow([first.time, second.time], [first.x / scale.width, second.x / scale.width]);
}
