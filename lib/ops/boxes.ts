/** Boxes by their corners, or by a corner or centre and their extents: conversion, area, clipping. */
import { scope } from '../core/scope.js';
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkChoice, checkFloats, checkNumber, isList, valueText } from './arguments.js';
import { concat } from './concat.js';
import { add, mul, sub } from './elementwise.js';
import { clamp } from './math.js';
import { split } from './slice.js';

/**
 * What the four numbers of a box are: two opposite corners x1, y1, x2, y2; the first corner, width and height; or the
 * centre, width and height.
 */
export type BoxFormat = 'xyxy' | 'xywh' | 'cxcywh';

/** The four numbers of each box, as tensors that broadcast alike. */
export type BoxColumns = readonly [Tensor, Tensor, Tensor, Tensor];

/** Checks that the last axis holds boxes. */
export function checkBoxes(op: string, name: string, boxes: Tensor): void {
  if (boxes.shape.at(-1) !== 4) {
    throw argumentError(op, `expected ${name} to have shape [...,4], four numbers for each box, but got ${shapeText(boxes.shape)}`);
  }
}

/** boxes [...,4] as four tensors [...,1]. */
export function boxColumns(boxes: Tensor): BoxColumns {
  const [a, b, c, d] = split(boxes, 1, -1);
  return [a!, b!, c!, d!];
}

/** The corners of boxes in another format. */
function toCorners([a, b, width, height]: BoxColumns, from: BoxFormat): BoxColumns {
  if (from === 'xyxy') return [a, b, width, height];
  if (from === 'xywh') return [a, b, add(a, width), add(b, height)];
  const halfWidth = mul(width, 0.5), halfHeight = mul(height, 0.5);
  return [sub(a, halfWidth), sub(b, halfHeight), add(a, halfWidth), add(b, halfHeight)];
}

/** Boxes in another format, from their corners. */
function fromCorners([x1, y1, x2, y2]: BoxColumns, to: BoxFormat): BoxColumns {
  if (to === 'xyxy') return [x1, y1, x2, y2];
  const width = sub(x2, x1), height = sub(y2, y1);
  return to === 'xywh' ? [x1, y1, width, height] : [mul(add(x1, x2), 0.5), mul(add(y1, y2), 0.5), width, height];
}

/**
 * Boxes in another format. As torchvision.ops.box_convert.
 *
 * @param boxes float32 [...,4].
 * @returns the shape of boxes; it shares their memory if the formats are the same.
 * @throws ERR_ARGUMENT if boxes are not float32 [...,4], or a format is not one of the three.
 */
export function boxConvert(boxes: Tensor, from: BoxFormat, to: BoxFormat): Tensor {
  checkFloats('boxConvert', { boxes });
  checkBoxes('boxConvert', 'boxes', boxes);
  checkChoice('boxConvert', 'from', from, ['xyxy', 'xywh', 'cxcywh']);
  checkChoice('boxConvert', 'to', to, ['xyxy', 'xywh', 'cxcywh']);
  if (from === to) return boxes.reshape(boxes.shape);
  return scope(() => concat(fromCorners(toCorners(boxColumns(boxes), from), to), -1));
}

/** (x2 - x1) * (y2 - y1). */
export function areaOf([x1, y1, x2, y2]: BoxColumns): Tensor {
  return mul(sub(x2, x1), sub(y2, y1));
}

/**
 * The area of each box, (x2 - x1) * (y2 - y1).
 *
 * @param boxes float32 [...,4] of x1, y1, x2, y2.
 * @returns [...].
 * @throws ERR_ARGUMENT if boxes are not float32 [...,4].
 */
export function boxArea(boxes: Tensor): Tensor {
  checkFloats('boxArea', { boxes });
  checkBoxes('boxArea', 'boxes', boxes);
  return scope(() => areaOf(boxColumns(boxes)).reshape(boxes.shape.slice(0, -1)));
}

/** Whether a value is a list of two. */
function isPair(value: unknown): boolean {
  return isList(value) && value.length === 2;
}

/**
 * Boxes cut off at the edges of an image: x from 0 to width, y from 0 to height. As torchvision.ops.clip_boxes_to_image.
 *
 * @param boxes float32 [...,4] of x1, y1, x2, y2.
 * @param size height and width of the image.
 * @returns the shape of boxes.
 * @throws ERR_ARGUMENT if boxes are not float32 [...,4], or the size is not two numbers of at least 0.
 */
export function clipBoxes(boxes: Tensor, size: readonly [height: number, width: number]): Tensor {
  checkFloats('clipBoxes', { boxes });
  checkBoxes('clipBoxes', 'boxes', boxes);
  if (!isPair(size)) throw argumentError('clipBoxes', `expected size to be [height,width], but got ${valueText(size)}`);
  const [height, width] = size;
  checkNumber('clipBoxes', 'the height', height, 0, Infinity);
  checkNumber('clipBoxes', 'the width', width, 0, Infinity);
  return scope(() => {
    const clipped = boxColumns(boxes).map((column, i) => clamp(column, { min: 0, max: i % 2 === 0 ? width : height }));
    return concat(clipped, -1);
  });
}
